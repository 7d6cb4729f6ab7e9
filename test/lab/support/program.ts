import { join } from "node:path";
import { type Finished, runProgram } from "../../support/program.ts";
import { diskOf, giveToUser, peer } from "./peer.ts";
import { writeNoise } from "./transfers.ts";

/** How the program is run in the lab. */
export interface LabProgram {
  readonly args?: readonly string[];
  /** For `-c`. */
  readonly commands: string;
  /** What starts it: a command that ends with what it is to run. */
  readonly wrapper?: readonly string[];
  /** Where it is run. */
  readonly directory: string;
}

/** Puts a file `big` onto the share, behind the server's back. */
export async function provideBig(size: number): Promise<string> {
  const path = join(diskOf(peer.share), "big");
  await writeNoise(path, size);
  giveToUser(path);
  return path;
}

/** Runs smbx on the share, as users start it; one that hangs is killed, and has no status. */
export function runSmbx(program: LabProgram): Promise<Finished> {
  const { args = [], commands, wrapper = [], directory } = program;
  const share = `//${peer.host}/${peer.share}`;
  const run = [process.execPath, "/project/bin/smbx.cjs", ...args, share, "-c", commands];
  const [first = "", ...rest] = [...wrapper, ...run];
  return runProgram(first, rest, {
    cwd: directory,
    env: { USER: peer.username, PASSWD: peer.password, HOME: directory },
    timeoutMs: 300_000,
  });
}
