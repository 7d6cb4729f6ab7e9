import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";

/** No command has this name, or several begin with it. */
export class UnknownCommandError extends UsageError {}

/** A command of smbclient that does not exist here. */
export class MissingCommandError extends UsageError {}

/** Commands by their names, synonyms and unique abbreviations, in any case. */
export class CommandTable {
  /** Every name and synonym, in the order in which `help` lists them. */
  readonly namesInOrder: readonly string[];
  readonly commands: readonly Command[];
  readonly #byName = new Map<string, Command>();
  readonly #missing: readonly string[];

  /** Names that `order` does not mention follow at the end; `missing` ones are known as such. */
  constructor(
    commands: readonly Command[],
    order: readonly string[],
    missing: readonly string[] = [],
  ) {
    this.commands = commands;
    this.#missing = missing;
    for (const command of commands) {
      for (const name of command.names) this.#byName.set(name, command);
    }
    const ordered = order.filter((name) => this.#byName.has(name));
    const others = [...this.#byName.keys()].filter((name) => !ordered.includes(name));
    this.namesInOrder = [...ordered, ...others];
  }

  /**
   * @throws {MissingCommandError} for what only smbclient has
   * @throws {UnknownCommandError} in smbclient's words
   */
  find(word: string): { readonly command: Command; readonly name: string } {
    const wanted = word.toLowerCase();
    const exact = this.#byName.get(wanted);
    if (exact !== undefined) return { command: exact, name: wanted };
    const names = this.completions(wanted);
    const [name] = names;
    if (name === undefined) throw this.#noCommand(word, wanted);
    const command = this.#byName.get(name);
    const isOne = names.every((other) => this.#byName.get(other) === command);
    if (command === undefined || !isOne) {
      throw new UnknownCommandError(`${word}: command abbreviation ambiguous`);
    }
    return { command, name };
  }

  #noCommand(word: string, wanted: string): UsageError {
    const [missing, ...others] = this.#missing.includes(wanted)
      ? [wanted]
      : this.#missing.filter((name) => name.startsWith(wanted));
    return missing === undefined || others.length > 0
      ? new UnknownCommandError(`${word}: command not found`)
      : new MissingCommandError(`${missing} is not supported yet`);
  }

  /** Whether `find` would find one. */
  has(word: string): boolean {
    const wanted = word.toLowerCase();
    if (this.#byName.has(wanted)) return true;
    const found = new Set(this.completions(wanted).map((name) => this.#byName.get(name)));
    return found.size === 1;
  }

  /** The names that begin with `prefix`. */
  completions(prefix: string): readonly string[] {
    const wanted = prefix.toLowerCase();
    return this.namesInOrder.filter((name) => name.startsWith(wanted));
  }
}
