import type { ShellContext } from "./context.ts";

/** What the n-th argument of a command is, for completion. */
export type ArgumentKind =
  | "remote-path"
  | "remote-directory"
  | "local-path"
  | "command"
  | "share"
  | "none";

/**
 * A command of the shell (and of `-c`). Help, completion, the man page and the tests read this value;
 * nothing about a command is written twice.
 */
export interface Command {
  /** The name it is documented by, then its synonyms: `["ls", "dir", "l"]`. */
  readonly names: readonly string[];
  /** Not a command of smbclient: unknown when we pass for it. */
  readonly isExtension?: true;
  /** The arguments as smbclient's `help` prints them: `<remote name> [local name]`. */
  readonly usage: string;
  /** What it does, as smbclient's `help` prints it behind the arguments. */
  readonly summary: string;
  /** Paragraphs for the man page: behaviour, differences from smbclient. */
  readonly details?: string;
  /** How many arguments make sense; unlimited when absent. */
  readonly maxArguments?: number;
  /** Completion by position; the last one repeats. */
  readonly completes: readonly ArgumentKind[];
  /**
   * Runs it. A command reports a failure by throwing; one that went on after failures of single
   * files (mget) throws at its end.
   */
  run(context: ShellContext, args: readonly string[]): Promise<void>;
}
