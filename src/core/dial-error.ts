import { DialFailure, SmbError, TimeoutError, TransportClosedError } from "./errors.ts";
import type { DialTarget, TransportKind } from "./transport.ts";

/** What became of one wire while dialling. Times are in milliseconds since dialling began. */
export interface DialAttempt {
  readonly kind: TransportKind;
  /** Where it went: the address that answered or failed, as far as it is known. */
  readonly address: string;
  readonly startedMs: number;
  /** When the wire itself was there; NEGOTIATE came after that. */
  readonly connectedMs?: number;
  readonly endedMs: number;
  /**
   * `connected`: the one that is used, which has negotiated too. `barred`: an earlier one of the order
   * met a server with a certificate that was refused.
   */
  readonly outcome: "connected" | "failed" | "unavailable" | "unsuitable" | "barred" | "abandoned";
  /** Why it is not used, in words. */
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

  /** The first wire that connected and then did not get through NEGOTIATE. */
  get negotiationFailure(): DialAttempt | undefined {
    return this.attempts.find(
      ({ connectedMs, outcome }) => connectedMs !== undefined && outcome === "failed",
    );
  }

  /** The NTSTATUS that smbclient prints for it: that of the first wire that was really tried. */
  get ntStatusName(): string {
    for (const { error } of this.attempts) {
      const name = statusNameOf(error);
      if (name !== undefined) return name;
    }
    return "NT_STATUS_UNSUCCESSFUL";
  }
}

function statusNameOf(error: unknown): string | undefined {
  if (error instanceof DialFailure) return error.ntStatusName;
  if (error instanceof TimeoutError) return "NT_STATUS_IO_TIMEOUT";
  if (error instanceof TransportClosedError) {
    return error.reason === "reset"
      ? "NT_STATUS_CONNECTION_RESET"
      : "NT_STATUS_CONNECTION_DISCONNECTED";
  }
  const cause = error instanceof SmbError ? error.cause : undefined;
  return cause === undefined ? undefined : statusNameOf(cause);
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
  const { kind, outcome, reason } = attempt;
  const because = reason === undefined ? "" : `: ${reason}`;
  const story =
    outcome === "unavailable" || outcome === "unsuitable" || outcome === "barred"
      ? `${outcome}${because}`
      : `${attempt.address} ${stages(attempt)}${because}`;
  return `${`+${formatMs(attempt.startedMs)}`.padStart(9)}  ${kind}: ${story}`;
}

/** `connected after 3 ms, negotiated after 9 ms`: how far it came, and when. */
function stages({ startedMs, connectedMs, endedMs, outcome }: DialAttempt): string {
  const end = `after ${formatMs(endedMs - startedMs)}`;
  if (connectedMs === undefined) return `${outcome} ${end}`;
  const last = outcome === "connected" ? "negotiated" : outcome;
  return `connected after ${formatMs(connectedMs - startedMs)}, ${last} ${end}`;
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
