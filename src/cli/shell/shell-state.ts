import type { SmbClient, Tree } from "../../core/index.ts";
import type { ShellContext, ShellSettings } from "../context.ts";
import type { Io } from "../io.ts";
import type { CommandOutcome, CommandSource, Personality } from "../personality.ts";
import { printable } from "../render/printable.ts";
import { createTransferRates, type TransferRates } from "../render/rate.ts";
import { runCommandLine, wasInterrupted } from "./dispatch.ts";
import { History } from "./history.ts";
import { splitCommands } from "./tokenizer.ts";

export interface ShellStateOptions {
  readonly io: Io;
  readonly personality: Personality;
  readonly settings: ShellSettings;
  readonly client: SmbClient;
  readonly tree: Tree;
  readonly localCwd: string;
  readonly history?: History;
  /** `-d`: from 3 on, failures are told with their stacks. */
  readonly debugLevel?: number;
  readonly withTerminal?: <T>(run: () => Promise<T>) => Promise<T>;
  /** Ends the whole session when it is aborted, the running command first. */
  readonly signal?: AbortSignal;
}

/** A session of the shell, or of `-c`: what its commands share, and the one that is running. */
export class ShellState implements ShellContext {
  readonly io: Io;
  readonly personality: Personality;
  readonly settings: ShellSettings;
  readonly debugLevel: number;
  readonly trees: Map<number, Tree>;
  readonly rates: TransferRates = createTransferRates();
  readonly withTerminal?: <T>(run: () => Promise<T>) => Promise<T>;
  client: SmbClient;
  tree: Tree;
  cwd = "";
  localCwd: string;
  exitRequested = false;
  readonly #history: History;
  readonly #sessionSignal: AbortSignal;
  #controller = new AbortController();
  #signal: AbortSignal;
  #isRunning = false;
  #source: CommandSource = "input";

  constructor(options: ShellStateOptions) {
    this.io = options.io;
    this.personality = options.personality;
    this.settings = options.settings;
    this.debugLevel = options.debugLevel ?? 0;
    this.client = options.client;
    this.tree = options.tree;
    this.trees = new Map([[options.tree.treeId, options.tree]]);
    this.localCwd = options.localCwd;
    this.#history = options.history ?? new History();
    this.#sessionSignal = options.signal ?? new AbortController().signal;
    this.#signal = this.#sessionSignal;
    if (options.withTerminal !== undefined) this.withTerminal = options.withTerminal;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** `exit` was called, or the session's signal has fired. */
  get isOver(): boolean {
    return this.exitRequested || this.#sessionSignal.aborted;
  }

  /** The session's signal has fired, though nothing called `exit`: what follows is left undone. */
  get isCutShort(): boolean {
    return this.#sessionSignal.aborted && !this.exitRequested;
  }

  get inputHoldsCommands(): boolean {
    return this.#source === "input" && !this.io.isInputTerminal;
  }

  get history(): readonly string[] {
    return this.#history.lines;
  }

  /** `smb: \dir\> ` */
  get prompt(): string {
    return this.cwd === "" ? "smb: \\> " : `smb: \\${printable(this.cwd)}\\> `;
  }

  /** Runs one line; what a person or a pipe gave is remembered. */
  async run(line: string, source: CommandSource = "input"): Promise<CommandOutcome> {
    if (source === "input") this.#history.add(line);
    // A Ctrl-C of before was for the command of before.
    this.#controller = new AbortController();
    this.#signal = AbortSignal.any([this.#sessionSignal, this.#controller.signal]);
    this.#isRunning = true;
    this.#source = source;
    try {
      await this.io.drained();
      return await runCommandLine(this, line, source);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Runs the commands of a `-c` text until the end, `exit` or an interruption. */
  async runText(text: string): Promise<CommandOutcome[]> {
    const outcomes: CommandOutcome[] = [];
    for (const line of splitCommands(text, this.personality)) {
      const outcome = await this.run(line, "command-line");
      outcomes.push(outcome);
      // Where the session has ended meanwhile, the next command is the one that says so.
      if (this.exitRequested || wasInterrupted(outcome)) break;
    }
    return outcomes;
  }

  /** Ctrl-C: ends the command that runs. False where none does, and nothing happens. */
  interrupt(): boolean {
    if (this.#isRunning) this.#controller.abort();
    return this.#isRunning;
  }
}
