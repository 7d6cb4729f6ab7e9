import { GONE_STATUSES, NtStatusError } from "../../core/index.ts";
import type { ShellContext } from "../context.ts";
import { StatedFailure, tellFailure } from "../failure.ts";

/**
 * Runs `action`; a status from the server becomes the sentence that smbclient has for it, with the
 * error as its cause. Everything else passes unchanged.
 */
export async function phrased<T>(
  sentence: (statusName: string) => string | readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw stated(error, sentence);
  }
}

/** `error` in smbclient's words if it is a status from the server, else `error` itself. */
export function stated(
  error: unknown,
  sentence: (statusName: string) => string | readonly string[],
): unknown {
  const statusName = statusNameOf(error);
  return statusName === undefined
    ? error
    : new StatedFailure(sentence(statusName), { cause: error });
}

/** The name of the status that a server answered with; undefined for other errors. */
export function statusNameOf(error: unknown): string | undefined {
  const { statusName } = error as { readonly statusName?: unknown };
  return typeof statusName === "string" ? statusName : undefined;
}

/** Whether the server answered with one of `statuses`. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof NtStatusError && statuses.includes(error.status);
}

/** A command that went on after failures and has told each of them already. */
export class ToldFailures extends Error {
  readonly failures: readonly unknown[];

  constructor(failures: readonly unknown[]) {
    super(failures.length === 1 ? "1 failure" : `${failures.length} failures`, {
      cause: failures[0],
    });
    this.name = "ToldFailures";
    this.failures = failures;
  }
}

/** Tells failures as they happen and fails the command at its end. */
export class FailureLog {
  readonly #context: ShellContext;
  readonly #failures: unknown[] = [];

  constructor(context: ShellContext) {
    this.#context = context;
  }

  /** Tells `error`; an interruption, or the end of the connection or share, ends the command at once. */
  add(error: unknown): void {
    if (this.#context.signal.aborted || isFatal(error)) throw error;
    if (error instanceof ToldFailures) {
      this.#failures.push(...error.failures);
      return;
    }
    tellFailure(this.#context, error);
    this.#failures.push(error);
  }

  get count(): number {
    return this.#failures.length;
  }

  /** @throws {ToldFailures} if anything failed */
  finish(): void {
    if (this.#failures.length > 0) throw new ToldFailures(this.#failures);
  }
}

const FATAL_CODES: ReadonlySet<unknown> = new Set([
  "ERR_SMB_TRANSPORT",
  "ERR_SMB_TRANSPORT_CLOSED",
  "ERR_SMB_TIMEOUT",
  "ERR_SMB_PROTOCOL",
  "ERR_SMB_WIRE_FORMAT",
]);

function isFatal(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (FATAL_CODES.has((at as { readonly code?: unknown }).code)) return true;
    if (at instanceof NtStatusError && GONE_STATUSES.includes(at.status)) return true;
  }
  return false;
}
