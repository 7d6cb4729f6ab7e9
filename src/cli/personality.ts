import { ExitCode, exitCodeFor } from "./exit-codes.ts";
import { ownHabits, type ShellHabits, smbclientHabits } from "./shell-habits.ts";

/** How one finished command of a script ended. */
export interface CommandOutcome {
  /** As the command table names it; as typed where the table does not know it. */
  readonly name: string;
  /** undefined when it worked. */
  readonly error: unknown;
  /** False where no such command exists (or the abbreviation is ambiguous). */
  readonly recognized?: boolean;
}

/** Where commands came from: `-c`, lines of standard input, or a person at a terminal. */
export type CommandSource = "command-line" | "input" | "terminal";

/**
 * The one place that knows the difference between smbx and a program that must pass for smbclient:
 * streams, defaults, exit codes and the oddities of texts. Everything else asks it.
 */
export interface Personality {
  readonly name: "smbx" | "smbclient";
  /** The name in usage texts. */
  readonly program: string;
  /** Where messages about failed commands, logins and tree connects go. */
  readonly errorsToStdout: boolean;
  /** A second line in plain words follows a status name. */
  readonly explainsErrors: boolean;
  /** File times are kept unless asked otherwise. */
  readonly keepsTimes: boolean;
  /** Uploads and downloads use a temporary name and rename it. */
  readonly usesTemporaryNames: boolean;
  /** `;` separates commands even inside quotes. */
  readonly splitsInsideQuotes: boolean;
  /** Options, subcommands, URLs and ports in `//server:port/share` that smbclient does not have. */
  readonly hasExtensions: boolean;
  /** What protects a connection when nothing was said. */
  readonly defaultProtection: "auto" | "off";
  /**
   * A user name that nobody typed, refused by the server, is followed by an anonymous attempt; a
   * server that makes a guest of us is accepted.
   */
  readonly fallsBackToAnonymous: boolean;
  /** What single commands of the shell do differently. */
  readonly habits: ShellHabits;
  /** The exit status after `-c` or a script. */
  exitStatus(outcomes: readonly CommandOutcome[], source?: CommandSource): number;
  /** The exit status of a run that ended because of `error`. */
  statusOf(error: unknown): number;
}

/** The program under its own name. */
export const smbxPersonality: Personality = {
  name: "smbx",
  program: "smbx",
  errorsToStdout: false,
  explainsErrors: true,
  keepsTimes: true,
  usesTemporaryNames: true,
  splitsInsideQuotes: false,
  hasExtensions: true,
  defaultProtection: "auto",
  fallsBackToAnonymous: false,
  habits: ownHabits,
  exitStatus(outcomes, source) {
    // A person has seen every failure; as with other shells, only the last command counts.
    if (source === "terminal") {
      const last = outcomes.at(-1)?.error;
      return last === undefined ? ExitCode.OK : exitCodeFor(last);
    }
    const codes = outcomes.filter((o) => o.error !== undefined).map((o) => exitCodeFor(o.error));
    if (codes.includes(ExitCode.INTERRUPTED)) return ExitCode.INTERRUPTED;
    return codes[0] ?? ExitCode.OK;
  },
  statusOf: exitCodeFor,
};

/** smbclient 4.25, its oddities included. */
export const smbclientPersonality: Personality = {
  name: "smbclient",
  program: "smbclient",
  errorsToStdout: true,
  explainsErrors: false,
  keepsTimes: false,
  usesTemporaryNames: false,
  splitsInsideQuotes: true,
  hasExtensions: false,
  defaultProtection: "off",
  fallsBackToAnonymous: true,
  habits: smbclientHabits,
  exitStatus(outcomes, source = "command-line") {
    if (source === "terminal") return 0;
    if (outcomes.some((o) => exitCodeFor(o.error) === ExitCode.INTERRUPTED)) {
      return ExitCode.INTERRUPTED;
    }
    if (source === "input") return 0;
    // The last command that exists decides; where there was none, the string was a failure.
    const last = outcomes.findLast((o) => o.recognized !== false);
    if (last === undefined) return 1;
    if (FAILS_WHEN_IT_WORKS.has(last.name)) return 1;
    if (last.error === undefined) return 0;
    const isUsage = exitCodeFor(last.error) === ExitCode.USAGE;
    const succeeds = isUsage ? SUCCEEDS_WITHOUT_ARGUMENTS : SUCCEEDS_THOUGH_REFUSED;
    return succeeds.has(last.name) ? 0 : 1;
  },
  statusOf(error) {
    return exitCodeFor(error) === ExitCode.INTERRUPTED ? ExitCode.INTERRUPTED : 1;
  },
};

// Commands whose status says nothing about what they did, or about lacking arguments.
const SUCCEEDS_THOUGH_REFUSED: ReadonlySet<string> = new Set([
  ...["allinfo", "altname", "lcd", "md", "mkdir", "open", "rd", "rmdir", "setmode"],
  "wdel",
]);
const SUCCEEDS_WITHOUT_ARGUMENTS: ReadonlySet<string> = new Set(["logon", "mget", "tcon"]);
const FAILS_WHEN_IT_WORKS: ReadonlySet<string> = new Set(["backup", "prompt"]);

/** Who we are in this run: by the name we were called, or by SMBX_COMPAT. */
export function choosePersonality(
  programPath: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Personality {
  const asked = environment["SMBX_COMPAT"];
  if (asked !== undefined && asked !== "") {
    return asked === "smbclient" ? smbclientPersonality : smbxPersonality;
  }
  const name = (programPath ?? "")
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/\.(?:[cm]?js|exe)$/i, "");
  return name === "smbclient" ? smbclientPersonality : smbxPersonality;
}
