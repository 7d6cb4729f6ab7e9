import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** How many lines are kept. */
export const HISTORY_SIZE = 1000;

/** The lines typed, oldest first; kept across runs where a file is given. */
export class History {
  readonly #path: string | undefined;
  #lines: string[];
  /** Those of this run: all that `save` adds to the file. */
  readonly #added: string[] = [];

  constructor(path?: string, lines: readonly string[] = []) {
    this.#path = path;
    this.#lines = lines.slice(-HISTORY_SIZE);
  }

  /** Reads the file; one that is missing or unreadable is an empty history, never an error. */
  static async load(path: string | undefined): Promise<History> {
    return new History(path, path === undefined ? [] : await readLines(path));
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Remembers a line. Blank ones, repetitions and passwords are not remembered. */
  add(line: string): void {
    const kept = line.trim();
    if (kept === "" || holdsPassword(kept) || kept === this.#lines.at(-1)) return;
    this.#lines.push(kept);
    this.#added.push(kept);
    if (this.#lines.length > HISTORY_SIZE) this.#lines = this.#lines.slice(-HISTORY_SIZE);
  }

  /**
   * Adds the lines of this run to the file, which may have grown by other shells meanwhile. Only its
   * owner can read it. A disk that is full or read-only loses the history, not the session.
   */
  async save(): Promise<void> {
    if (this.#path === undefined || this.#added.length === 0) return;
    try {
      const lines = [...(await readLines(this.#path)), ...this.#added].slice(-HISTORY_SIZE);
      await replaceFile(this.#path, `${lines.join("\n")}\n`);
      this.#added.length = 0;
    } catch {
      // Nothing the user could do about it now is worth a message at the end of a session.
    }
  }
}

/** $XDG_STATE_HOME/smbx/history; undefined where there is no home. */
export function historyPath(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home } = environment as Record<
    "XDG_STATE_HOME" | "HOME",
    string | undefined
  >;
  if (state?.startsWith("/") === true) return join(state, "smbx", "history");
  return home === undefined || home === ""
    ? undefined
    : join(home, ".local", "state", "smbx", "history");
}

/** `logon user password`, abbreviated or quoted in any way. */
function holdsPassword(line: string): boolean {
  return /^[\s"]*l"?o"?g"?o"?n/i.test(line);
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  // The mode above is for a new file only.
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
