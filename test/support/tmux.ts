import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PATIENCE_MS } from "./patience.ts";

/** Why there is no terminal to test in, if so. */
export function tmuxUnavailable(): string | undefined {
  const { error, status } = spawnSync("tmux", ["-V"]);
  return error === undefined && status === 0 ? undefined : "tmux is not installed";
}

/** What a terminal shows may take so long. */
const POLL_MS = 15;

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly rows?: number;
}

/** A real terminal with a program in it: a tmux server of its own, without any configuration. */
export class Terminal {
  readonly #directory = mkdtempSync(join(tmpdir(), "smbx-tmux-"));

  /** `command` is for /bin/sh. When it is over the terminal stays. */
  constructor(command: string, options: TerminalOptions) {
    const { columns = 80, rows = 24, cwd, env } = options;
    const size = ["-x", String(columns), "-y", String(rows)];
    const ending = 'echo "over: $?, $(stty -a | grep -o -e -*icanon)"; exec sleep 3600';
    this.#tmux(
      ["-f", "/dev/null", "new-session", "-d", ...size, "sh", "-c", `${command}; ${ending}`],
      {
        cwd,
        env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", TERM: "xterm-256color", ...env },
      },
    );
  }

  /** Types: names of keys as tmux knows them (`Enter`, `C-c`, `Tab`), anything else as it is. */
  keys(...keys: readonly string[]): void {
    this.#tmux(["send-keys", ...keys]);
  }

  /** Pastes; with the marks of a bracketed paste where the program has asked for them. */
  paste(text: string): void {
    this.#tmux(["set-buffer", text]);
    this.#tmux(["paste-buffer", "-p", "-r"]);
  }

  resize(columns: number, rows: number): void {
    this.#tmux(["resize-window", "-x", String(columns), "-y", String(rows)]);
  }

  /** The screen and what has scrolled out of it, without blanks at the ends. */
  screen(): string {
    return this.#tmux(["capture-pane", "-p", "-S", "-"]).trimEnd();
  }

  /** The screen with its colours as escape sequences. */
  coloredScreen(): string {
    return this.#tmux(["capture-pane", "-p", "-e"]).trimEnd();
  }

  /** Copies all that the program writes from now on to a file, escape sequences and all. */
  recordTo(path: string): void {
    this.#tmux(["pipe-pane", `exec cat > '${path}'`]);
  }

  /** Column and row, from 0. */
  cursor(): string {
    return this.#tmux(["display-message", "-p", "#{cursor_x},#{cursor_y}"]).trim();
  }

  /** The process that runs in the terminal. */
  get pid(): number {
    return Number(this.#tmux(["display-message", "-p", "#{pane_pid}"]));
  }

  /** Waits until the screen is as expected, and returns it. */
  until(expected: RegExp): Promise<string> {
    return this.#until("screen", expected, () => this.screen());
  }

  /** Waits until the cursor is where it is expected: a repaint moves it about. */
  async untilCursor(expected: RegExp): Promise<void> {
    await this.#until("cursor", expected, () => this.cursor());
  }

  async #until(what: string, expected: RegExp, look: () => string): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const seen = look();
      if (expected.test(seen)) return seen;
      if (performance.now() > deadline) {
        throw new Error(`The ${what} never was as ${expected} says:\n${seen}`);
      }
      await delay(POLL_MS);
    }
  }

  close(): void {
    this.#tmux(["kill-server"]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #tmux(
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string | undefined> } = {},
  ): string {
    const all = ["-u", "-S", join(this.#directory, "socket"), ...args];
    const { stdout, stderr, status } = spawnSync("tmux", all, { encoding: "utf8", ...options });
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}
