import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { RelayProcess, stackUnavailable } from "../support/quic-stacks/quic-stack.ts";
import type { Place } from "./place.ts";

/** The way over QUIC that is measured: how long, and what the Internet's packets hold. */
export const QUIC_ROUND_TRIP_MS = 20;
const MTU = 1500;

/**
 * What the relay is told. smbclient 4.25 drops a connection on which a session ticket comes, and ends
 * with a failed assertion where flow control holds it back: both are kept from it.
 */
const FOR_SMBCLIENT = {
  sessionTickets: false,
  connectionWindow: 1 << 30,
  maxConnectionWindow: 1 << 30,
  streamWindow: 1 << 30,
  maxStreamWindow: 1 << 30,
} as const;

/** QUIC in front of the server, near and far. */
export interface QuicWay extends AsyncDisposable {
  readonly nearPort: number;
  /** The same from far away, or undefined where nothing can make the way longer. */
  readonly farPort: number | undefined;
  readonly caFile: string;
}

/** Why QUIC cannot be measured here, or undefined. */
export function quicUnavailable(): string | undefined {
  return stackUnavailable("ngtcp2");
}

/** Starts our own relay, and a longer way to it, each in a process of its own. */
export async function prepareQuicWay(place: Place): Promise<QuicWay> {
  const authority = new CertificateAuthority();
  const caFile = join(place.directory, "ca.pem");
  writeFileSync(caFile, authority.root.cert);
  const { host: tcpHost, port: tcpPort } = place.samba;
  const identity = authority.issue();
  authority.dispose();
  const relay = await RelayProcess.start("ngtcp2", {
    ...{ ...identity, tcpHost, tcpPort, congestion: "bbr" },
    ...FOR_SMBCLIENT,
  });
  const far = await startUdpDelay(place, relay.port);
  return {
    nearPort: relay.port,
    farPort: far?.port,
    caFile,
    async [Symbol.asyncDispose]() {
      await far?.stop();
      await relay[Symbol.asyncDispose]();
    },
  };
}

/** Compiles and starts udp-delay.c; undefined where there is no compiler. */
async function startUdpDelay(
  place: Place,
  port: number,
): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const program = join(place.directory, "udp-delay");
  const source = join(import.meta.dirname, "udp-delay.c");
  if (spawnSync("cc", ["-O2", "-o", program, source], { stdio: "inherit" }).status !== 0) {
    return undefined;
  }
  const child = spawn(program, [port, QUIC_ROUND_TRIP_MS, MTU].map(String), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    port: Number(line),
    async stop() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

/** An smbclient that speaks QUIC: 4.24 or newer, which few machines have as their own. */
export interface QuicSmbclient {
  readonly version: string;
  /** The command that starts it in `cwd`, a directory of the place. */
  command(cwd: string): readonly string[];
  /** What it calls a path of the place. */
  path(path: string): string;
}

// In a root of its own it sees the place as /mnt, in a namespace that ends with it.
const IN_ROOT = `mount --bind "$1" "$0/mnt" && root=$0 cwd=$2 && shift 2 &&
exec chroot "$root" sh -c 'cd "$0" && exec smbclient "$@"' "$cwd" "$@"`;

/**
 * The smbclient that `given` names: a command, or a directory with a Debian in it (for root).
 *
 * @throws {Error} where it does not start
 */
export function findQuicSmbclient(given: string, place: Place): QuicSmbclient {
  const isRoot = existsSync(given) && statSync(given).isDirectory();
  const path = (name: string): string =>
    isRoot ? join("/mnt", relative(place.directory, name)) : name;
  const command = (cwd: string): readonly string[] =>
    isRoot
      ? ["unshare", "--mount", "sh", "-c", IN_ROOT, given, place.directory, path(cwd)]
      : given.split(" ").filter((word) => word !== "");
  const [program = "", ...args] = command(place.source);
  const { status, stdout, stderr } = spawnSync(program, [...args, "--version"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${given} is no smbclient that starts: ${stderr}`);
  return { version: stdout.trim().replace("Version ", ""), command, path };
}
