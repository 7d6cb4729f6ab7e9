import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** The program as built, in the guest's checkout. */
const SMBX = "/project/bin/smbx.cjs";
/** What `pwd` answers with. */
const ANSWER = "Current directory is";
/** Of [proc_pid_stat(5)]. */
const TICKS_PER_SECOND = 100;

/** Seconds that something took, by the clock and of the program's processor time. */
export interface ShellCost {
  readonly wall: number;
  readonly process: number;
}

/**
 * smbx that gets its commands through a pipe: so that what a transfer takes is measured without the
 * start of the program, which takes seconds under emulation, and the logon.
 */
export class SmbxShell {
  readonly #child: ChildProcess;
  #said = "";
  #complaints = "";
  #answers = 0;
  #wake: () => void = () => undefined;

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [SMBX, ...args], { stdio: "pipe" });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints += text;
    });
    this.#child.on("close", () => this.#wake());
  }

  /**
   * Resolves when it has logged on.
   *
   * @throws {Error} where it cannot
   */
  static async start(args: readonly string[]): Promise<SmbxShell> {
    const shell = new SmbxShell(args);
    await shell.run("");
    return shell;
  }

  /**
   * Gives it one command and waits until it is carried out, whatever came of it.
   *
   * @throws {Error} where the program ends
   */
  async run(command: string): Promise<ShellCost> {
    const expected = this.#answers + 1;
    const cpu = this.#cpuSeconds();
    const startedAt = performance.now();
    this.#child.stdin?.write(`${command}\npwd\n`);
    while (this.#answers < expected) {
      if (this.#child.exitCode !== null) {
        throw new Error(`smbx ended: ${this.#said}${this.#complaints}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const wall = (performance.now() - startedAt) / 1000;
    return { wall, process: this.#cpuSeconds() - cpu };
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin?.end();
    await closed;
  }

  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-4096);
    // The answer may come in two parts.
    const parts = this.#said.split(ANSWER);
    if (parts.length === 1) return;
    this.#answers += parts.length - 1;
    this.#said = parts.at(-1) ?? "";
    this.#wake();
  }

  #cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    // Behind the name, which may have blanks: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
}
