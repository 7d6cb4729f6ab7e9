import { DialFailure, SmbError } from "./errors.ts";
import type { DialTarget, TransportKind } from "./transport.ts";

/** What became of one wire while dialling. Times are in milliseconds since dialling began. */
export interface DialAttempt {
  readonly kind: TransportKind;
  /** Where it went: the address that answered or failed, as far as it is known. */
  readonly address: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: "connected" | "failed" | "unavailable" | "unsuitable" | "abandoned";
  /** Why it did not connect, in words. */
  readonly reason?: string;
  readonly error?: unknown;
}

/** No wire reached the server; the message and `attempts` tell of each of them. */
export class DialError extends SmbError {
  readonly attempts: readonly DialAttempt[];
  readonly target: DialTarget;

  constructor(target: DialTarget, attempts: readonly DialAttempt[]) {
    super("ERR_SMB_DIAL", `Cannot reach ${target.host}: ${summarize(attempts)}`, {
      cause: attempts.find((attempt) => attempt.error !== undefined)?.error,
    });
    this.target = target;
    this.attempts = attempts;
  }

  /** The NTSTATUS that smbclient prints for it: that of the first wire that was really tried. */
  get ntStatusName(): string {
    const failure = this.attempts
      .map((attempt) => attempt.error)
      .find((error) => error instanceof DialFailure);
    return failure?.ntStatusName ?? "NT_STATUS_UNSUCCESSFUL";
  }
}

function summarize(attempts: readonly DialAttempt[]): string {
  if (attempts.length === 0) return "no transport to try";
  return attempts
    .map(({ kind, address, outcome, reason }) =>
      outcome === "failed" ? `${kind} ${address}: ${reason}` : `${kind}: ${reason}`,
    )
    .join("; ");
}

/** The story of dialling, one line for each wire, as `--explain` prints it. */
export function explainAttempts(attempts: readonly DialAttempt[]): string {
  return attempts.map(explainAttempt).join("\n");
}

function explainAttempt(attempt: DialAttempt): string {
  const { kind, address, outcome, reason } = attempt;
  const after = `after ${formatMs(attempt.endedMs - attempt.startedMs)}`;
  const because = reason === undefined ? "" : `: ${reason}`;
  const story =
    outcome === "unavailable" || outcome === "unsuitable"
      ? `${outcome}${because}`
      : `${address} ${outcome} ${after}${because}`;
  return `${`+${formatMs(attempt.startedMs)}`.padStart(9)}  ${kind}: ${story}`;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
