import { foldName, type SmbClient, type Tree } from "../../core/index.ts";
import { ToldFailures } from "../commands/phrases.ts";
import { connectShare } from "../connect.ts";
import type { ShellSettings } from "../context.ts";
import { exitCodeFor } from "../exit-codes.ts";
import { tellFailure } from "../failure.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../render/printable.ts";
import type { Run } from "../run.ts";
import { shellSettings } from "../shell-settings.ts";
import { parseLocation, type RemoteLocation, withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { failureJson } from "./json.ts";

/** A place on a share that is connected. */
export interface ConnectedPlace {
  readonly location: RemoteLocation;
  readonly client: SmbClient;
  readonly tree: Tree;
  /** Share-relative; may hold wildcards in its last part. */
  readonly path: string;
}

/** One run of a subcommand: its connections, its output, its failures. */
export class Job {
  readonly run: Run;
  readonly settings: ShellSettings;
  readonly #clients = new Map<string, Promise<SmbClient>>();
  readonly #trees = new Map<string, Promise<Tree>>();
  readonly #failures: unknown[] = [];

  constructor(run: Run) {
    this.run = run;
    this.settings = shellSettings(run.options, run.personality);
    // Whoever runs one job may never come back to it.
    if (!run.options.partial) this.settings.partialFromBytes = undefined;
  }

  get io(): Io {
    return this.run.io;
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  get isRecursive(): boolean {
    return this.run.options.recursive;
  }

  /** Objects rather than text are wanted. */
  get isJson(): boolean {
    return this.run.options.json;
  }

  /** The class of the first failure. */
  get status(): number {
    return exitCodeFor(this.#failures[0]);
  }

  /**
   * Connects to the share of an operand. Operands of one share have one connection.
   *
   * @throws {UsageError} where `operand` is no URL or names no share
   */
  async connect(operand: string): Promise<ConnectedPlace> {
    const location = locationOf(operand);
    const client = await this.client(location);
    const key = `${clientKey(location)}\n${foldName(location.share)}`;
    const tree = await remember(this.#trees, key, () =>
      connectShare(this.run, client, location.share),
    );
    return { location, client, tree, path: location.path };
  }

  /** The client for a server; one for each server and user. */
  client(location: RemoteLocation): Promise<SmbClient> {
    return remember(this.#clients, clientKey(location), () => this.run.connect(location));
  }

  /**
   * Connects to the share of each operand in turn and does `work` there; a failure is told and the
   * rest goes on.
   *
   * @throws {UsageError} before anything is done, where one of them is no place on a share
   */
  forEachPlace(
    operands: readonly string[],
    work: (place: ConnectedPlace) => Promise<void>,
  ): Promise<void> {
    for (const operand of operands) locationOf(operand);
    return this.forEach(operands, async (operand) => work(await this.connect(operand)));
  }

  /** Does `work` for each operand in turn; a failure is told and the rest goes on. */
  async forEach(
    operands: readonly string[],
    work: (operand: string) => Promise<void>,
  ): Promise<void> {
    for (const operand of operands) {
      await this.io.drained();
      try {
        await work(operand);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  /** Reports a failure and remembers it for the exit status; an interruption is thrown on. */
  fail(error: unknown): void {
    this.signal.throwIfAborted();
    if (error instanceof UsageError) throw error;
    this.report(error);
  }

  /** Reports a failure of before, whatever has happened since, and remembers it for the exit status. */
  report(error: unknown): void {
    this.#failures.push(error);
    const isTold = error instanceof ToldFailures;
    if (this.isJson) {
      for (const each of isTold ? error.failures : [error]) this.emit(failureJson(each));
    }
    if (isTold) return;
    const { io, personality, options } = this.run;
    tellFailure({ io, personality, debugLevel: options.debugLevel }, error);
  }

  /** Remembers, for the exit status, a failure that is part of a result. */
  note(error: unknown): void {
    this.#failures.push(error);
  }

  /** One line of JSON. */
  emit(value: object): void {
    this.io.out(jsonLine(value));
  }
}

/** @throws {UsageError} where `operand` is no URL or names no share */
export function locationOf(operand: string): RemoteLocation {
  const location = parseLocation(operand);
  if (location.share === "") throw new UsageError(`${withoutPassword(operand)} names no share`);
  return location;
}

function clientKey({ host, port, user, domain }: RemoteLocation): string {
  return JSON.stringify([host.toLowerCase(), port, user, domain]);
}

async function remember<T>(
  known: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  let promise = known.get(key);
  if (promise === undefined) {
    promise = make();
    known.set(key, promise);
  }
  return promise;
}
