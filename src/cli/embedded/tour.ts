import { createHash, type Hash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupts } from "../interrupts.ts";
import { parseCommandLine } from "../options.ts";
import { smbxPersonality } from "../personality.ts";
import { ProcessIo } from "../process-io.ts";
import { formatSize } from "../render/size.ts";
import { run } from "../run.ts";
import type { EmbeddedServer } from "./embedded-server.ts";

const FILE_SIZE = 64 * 1024 * 1024;
const BLOCK_SIZE = 1024 * 1024;

/**
 * Shows on a private server what smbx does, without a person: the share list, a listing, a file of
 * 64 MiB up and down and compared, what was negotiated, and how fast it went. Every step is a real
 * command line. Returns the exit status.
 */
export async function runTour(server: EmbeddedServer): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "smbx-tour-"));
  try {
    return await new Tour(server, directory).run();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The tour is one text: what commands say about themselves belongs into it. */
class TourIo extends ProcessIo {
  override err(text: string): void {
    this.out(text);
  }
}

class Tour {
  readonly #server: EmbeddedServer;
  readonly #directory: string;
  readonly #io: ProcessIo = new TourIo({
    messagesToStderr: false,
    asksOnStdout: false,
    onReaderGone: () => undefined,
  });
  #failures = 0;

  constructor(server: EmbeddedServer, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  async run(): Promise<number> {
    const { host } = this.#server;
    this.#say("Which shares are there?");
    await this.#smbx("-L", host);
    this.#say("\nWhat is on one, how was it reached, and what was negotiated?");
    await this.#smbx(`//${host}/share`, "--explain", "-c", "ls");
    this.#say("\nThe same, encrypted:");
    const encrypted = "--client-protection=encrypt";
    await this.#smbx(`//${host}/encrypted`, encrypted, "--explain", "-c", "ls");
    this.#say("\nA file of 64 MiB up, and down again:");
    const sent = await makeFile(join(this.#directory, "big"));
    const putMs = await this.#smbx(`//${host}/share`, "-c", "put big; ls big");
    const getMs = await this.#smbx(`//${host}/share`, "-c", "get big copy");
    await this.#compare(sent);
    this.#say(`put ${formatSpeed(putMs)}, get ${formatSpeed(getMs)} (with connecting and all)`);
    await this.#io.flush();
    return this.#failures === 0 ? 0 : 1;
  }

  /** Runs one command line of smbx as typed, but in this process. Returns how long it took. */
  async #smbx(...words: readonly string[]): Promise<number> {
    const { port, username, password } = this.#server;
    const argv = [...words, "-p", String(port), "-U", username];
    this.#say(`$ smbx ${argv.map(quote).join(" ")}`);
    const invocation = parseCommandLine(argv, smbxPersonality);
    if (!("options" in invocation)) throw new Error(argv.join(" "));
    const started = performance.now();
    const status = await run(invocation, {
      io: this.#io,
      personality: smbxPersonality,
      environment: { ...process.env, PASSWD: password },
      interrupts: new Interrupts(),
      localCwd: this.#directory,
    });
    if (status !== 0) this.#fail(`exit status ${status}`);
    return performance.now() - started;
  }

  async #compare(sent: string): Promise<void> {
    const stored = await hashFile(join(this.#server.sharePath("share"), "big"));
    const received = await hashFile(join(this.#directory, "copy"));
    this.#say(`SHA-256 of what was sent:  ${sent}`);
    this.#say(`SHA-256 on the server:     ${stored}`);
    this.#say(`SHA-256 of what came back: ${received}`);
    if (sent === stored && sent === received) this.#say("They match.");
    else this.#fail("they differ");
  }

  #fail(reason: string): void {
    this.#failures += 1;
    this.#io.err(`FAILED: ${reason}\n`);
  }

  #say(line: string): void {
    this.#io.out(`${line}\n`);
  }
}

/** Writes a file that does not compress and is different every time; returns its hash. */
async function makeFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for (let written = 0; written < FILE_SIZE; written += BLOCK_SIZE) {
      const block = crypto.getRandomValues(new Uint8Array(65_536));
      const blocks = Buffer.concat(Array.from({ length: BLOCK_SIZE / block.length }, () => block));
      hash.update(blocks);
      await file.write(blocks);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function hashFile(path: string): Promise<string> {
  const hash: Hash = createHash("sha256");
  for await (const block of createReadStream(path)) hash.update(block as Uint8Array);
  return hash.digest("hex");
}

function formatSpeed(ms: number): string {
  return `${formatSize((FILE_SIZE / ms) * 1000)}/s`;
}

function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word}'`;
}
