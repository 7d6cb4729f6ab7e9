import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedShare,
  PRIVATE_DIRECTORIES,
  renderSambaConfig,
  type SambaParameters,
} from "./samba-config.ts";
import { currentUser, findProgram, sambaUnavailable } from "./samba-programs.ts";
import { Watchdog } from "./watchdog.ts";

const START_TIMEOUT_MS = 20_000;
const NOTIFY_TIMEOUT_MS = 5000;
const POLL_MS = 15;
const ATTEMPTS = 3;

/** What kind of private server to start. Everything has a default. */
export interface EmbeddedServerOptions {
  /** One share called `share` where not given. */
  readonly shares?: readonly EmbeddedShare[];
  /** Global parameters; they win over the defaults. */
  readonly global?: SambaParameters;
  /** Random where not given. */
  readonly password?: string;
  /** Listens on a second port, for NetBIOS sessions. */
  readonly nbt?: boolean;
  /** Where the private directory is made: the system's temporary directory where not given. */
  readonly parentDirectory?: string;
}

/** A private smbd on a free loopback port. It ends with `stop()` or with this process. */
export interface EmbeddedServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The second port, as asked for by `nbt`. */
  readonly nbtPort: number;
  readonly username: string;
  readonly password: string;
  /** Samba's version: `4.17.12-Debian`. */
  readonly version: string;
  /** The private directory; removed at the end. */
  readonly directory: string;
  readonly configFile: string;
  /** The main smbd process, which leads its process group; another one after `restart()`. */
  readonly pid: number;
  /** The directory behind a share. */
  sharePath(share: string): string;
  /** What smbd has logged so far. */
  log(): string;
  /** Sends a signal to smbd and all its children: SIGKILL, SIGSTOP, SIGCONT… */
  signal(signal: NodeJS.Signals): void;
  /**
   * Ends smbd and all its children by `signal` (SIGKILL where not given) and starts it again, with the
   * same directories and ports. Resolves when it takes shares again.
   */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Runs a Samba program (`pdbedit`, `smbcontrol`…) on this server; returns its standard output. */
  run(program: string, args: readonly string[], input?: string): string;
  /** Ends the server and removes its directory. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a private server: own directories, own password database, one user who is the user of this
 * process. Works as root and as anybody else.
 *
 * @throws {Error} with the end of smbd's log where it does not come up
 */
export async function startEmbeddedServer(
  options: EmbeddedServerOptions = {},
): Promise<EmbeddedServer> {
  const reason = sambaUnavailable();
  if (reason !== undefined) throw new Error(reason);
  for (let attempt = 1; ; attempt += 1) {
    const server = new SmbdProcess(options, await freePorts(options.nbt === true ? 2 : 1));
    try {
      await server.listening();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken a port between our look at it and smbd's.
      const lostRace = error instanceof Error && error.message.includes("ADDRESS_ALREADY");
      if (attempt === ATTEMPTS || !lostRace) throw error;
    }
  }
}

class SmbdProcess implements EmbeddedServer {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly nbtPort: number;
  readonly username: string;
  readonly password: string;
  readonly version: string;
  readonly directory: string;
  readonly configFile: string;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #watchdog: Watchdog;
  #smbd: ChildProcess;
  readonly #output: string[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: EmbeddedServerOptions, ports: readonly number[]) {
    this.port = ports[0] ?? 0;
    this.nbtPort = ports[1] ?? 0;
    this.username = currentUser() ?? "";
    this.password = options.password ?? randomBytes(9).toString("base64url");
    this.directory = mkdtempSync(join(options.parentDirectory ?? tmpdir(), "smbx-server-"));
    this.#watchdog = new Watchdog(this.directory);
    this.configFile = join(this.directory, "smb.conf");
    const shares = prepareDirectories(this.directory, options.shares ?? [{ name: "share" }]);
    this.#paths = new Map(shares.map((share) => [share.name, share.path]));
    const { directory } = this;
    const config = renderSambaConfig({ directory, ports, global: options.global ?? {}, shares });
    writeFileSync(this.configFile, config);
    const addUser = ["--create", "--password-from-stdin", `--user=${this.username}`];
    try {
      this.run("pdbedit", addUser, `${this.password}\n${this.password}\n`);
      this.version = this.run("smbd", ["--version"]).trim().replace("Version ", "");
    } catch (error) {
      void this.#watchdog.finish();
      throw error;
    }
    this.#smbd = this.#spawn();
  }

  get pid(): number {
    return this.#smbd.pid ?? 0;
  }

  #spawn(): ChildProcess {
    const log = `--log-basename=${join(this.directory, "log")}`;
    const args = ["--foreground", "--no-process-group", log, `--configfile=${this.configFile}`];
    const smbd = spawn(findProgram("smbd") ?? "smbd", args, {
      detached: true,
      // smbd in the foreground takes the end of a piped standard input for its own end.
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.directory,
      // It asks for its own name several times per connection: a resolver that is silent must not hold
      // each of them up for the usual five seconds.
      env: { ...process.env, RES_OPTIONS: "timeout:1 attempts:1" },
    });
    for (const stream of [smbd.stdout, smbd.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.#output.push(text));
      // Reading the log must not keep a finished program alive.
      if ("unref" in stream && typeof stream.unref === "function") stream.unref();
    }
    smbd.on("error", (error) => this.#output.push(`${error.message}\n`));
    smbd.unref();
    if (smbd.pid !== undefined) this.#watchdog.watch(smbd.pid);
    return smbd;
  }

  async listening(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await canConnect(this.host, this.port))) {
      const { exitCode, signalCode } = this.#smbd;
      if (exitCode !== null || signalCode !== null || this.pid === 0) {
        throw new Error(`smbd ended at once (${exitCode ?? signalCode})\n${this.#logTail()}`);
      }
      if (Date.now() > deadline) throw new Error(`smbd does not listen\n${this.#logTail()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await this.#notifying();
  }

  /**
   * It listens before its process for change notifications is known, and until then refuses shares with
   * NT_STATUS_NO_MEMORY. One that never has such a process is no reason to give up.
   */
  async #notifying(): Promise<void> {
    const names = join(this.directory, PRIVATE_DIRECTORIES["lock directory"], "names.tdb");
    const deadline = Date.now() + NOTIFY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (existsSync(names) && readFileSync(names).includes("notify-daemon")) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  sharePath(share: string): string {
    const path = this.#paths.get(share);
    if (path === undefined) throw new Error(`The server has no share called ${share}`);
    return path;
  }

  log(): string {
    const directory = join(this.directory, "log");
    const files = readdirSync(directory, { withFileTypes: true }).filter((file) => file.isFile());
    const texts = files.map((file) => readFileSync(join(directory, file.name), "utf8"));
    return [...this.#output, ...texts].join("");
  }

  #logTail(): string {
    return this.log().split("\n").slice(-20).join("\n");
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async restart(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const exited = this.#exited();
    this.signal(signal);
    await exited;
    this.#smbd = this.#spawn();
    await this.listening();
  }

  run(program: string, args: readonly string[], input = ""): string {
    const path = findProgram(program) ?? program;
    const configured = [`--configfile=${this.configFile}`, ...args];
    const { status, stdout, stderr, error } = spawnSync(path, configured, {
      encoding: "utf8",
      input,
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}${stdout}`.trim());
    return stdout;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const exited = this.#exited();
    await this.#watchdog.finish();
    await exited;
  }

  /** Resolves when smbd has ended; keeps this process running until then. */
  async #exited(): Promise<void> {
    const { exitCode, signalCode } = this.#smbd;
    if (exitCode !== null || signalCode !== null || this.pid === 0) return;
    this.#smbd.ref();
    await once(this.#smbd, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Makes all directories; returns the shares with their paths. */
function prepareDirectories(
  directory: string,
  shares: readonly EmbeddedShare[],
): (EmbeddedShare & { readonly path: string })[] {
  // A guest, who is another Unix user, must be able to pass through.
  chmodSync(directory, 0o711);
  for (const name of ["log", "shares", ...Object.values(PRIVATE_DIRECTORIES)]) {
    mkdirSync(join(directory, name));
    chmodSync(join(directory, name), name === "private" ? 0o700 : 0o755);
  }
  return shares.map((share) => {
    const path = share.path ?? join(directory, "shares", share.name);
    mkdirSync(path, { recursive: true });
    return { ...share, path };
  });
}

/** Ports that are free on the loopback now; all are held until all are known, so none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const listener of listeners) {
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const address = listener.address();
    if (address !== null && typeof address !== "string") ports.push(address.port);
  }
  for (const listener of listeners) {
    listener.close();
    await once(listener, "close");
  }
  return ports;
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
