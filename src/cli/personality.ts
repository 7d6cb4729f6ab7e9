/** How one finished command of a script ended. */
export interface CommandOutcome {
  readonly name: string;
  /** undefined when it worked. */
  readonly error: unknown;
}

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
  /** The exit status after `-c` or a script. */
  exitStatus(outcomes: readonly CommandOutcome[]): number;
}
