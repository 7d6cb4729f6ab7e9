import { ntStatusExplanation } from "../core/index.ts";
import { isSystemError, systemReason } from "./commands/system-reason.ts";
import type { Io } from "./io.ts";
import type { Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";

/** What belongs to a StatedFailure besides its line. */
export interface StatedFailureOptions {
  readonly cause?: unknown;
  readonly toStderr?: boolean;
  readonly epilogue?: string;
  /** What it means, where the cause does not say it: smbx tells it in a second line. */
  readonly explanation?: string;
}

/**
 * A failure whose first line is already in smbclient's words; `cause` is what happened. Its exit
 * status is its cause's.
 */
export class StatedFailure extends Error {
  /** True for the few lines that smbclient writes to standard error in any case. */
  readonly alwaysToStderr: boolean;
  /** One more line, which goes to standard error. */
  readonly epilogue?: string;
  /** What it means in plain words. */
  readonly explanation?: string;

  constructor(line: string, options: StatedFailureOptions = {}) {
    super(line, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "StatedFailure";
    this.alwaysToStderr = options.toStderr ?? false;
    if (options.epilogue !== undefined) this.epilogue = options.epilogue;
    if (options.explanation !== undefined) this.explanation = options.explanation;
  }
}

/** Where and how failures are told. */
export interface FailureTeller {
  readonly io: Pick<Io, "out" | "err">;
  readonly personality: Pick<Personality, "errorsToStdout" | "explainsErrors">;
  /** `-d`: from 3 on, stacks follow. */
  readonly debugLevel?: number;
}

/** Tells `error` to the user: smbclient's line, then (as smbx) what it means. */
export function tellFailure(teller: FailureTeller, error: unknown): void {
  const { io, personality } = teller;
  const { message, notes } = failureText(error, personality);
  const toStderr = error instanceof StatedFailure && error.alwaysToStderr;
  if (personality.errorsToStdout && !toStderr) io.out(message);
  else io.err(message);
  if (notes !== "") io.err(notes);
  if ((teller.debugLevel ?? 0) >= 3) io.err(stacks(error));
}

/** What is said about a failure, as whole lines without control characters. */
export interface FailureText {
  readonly message: string;
  /** What it means in plain words, and what else smbclient writes to standard error; often "". */
  readonly notes: string;
}

/** What is said about `error`. */
export function failureText(
  error: unknown,
  personality: Pick<Personality, "explainsErrors">,
): FailureText {
  const message = messageOf(error);
  const epilogue = error instanceof StatedFailure ? error.epilogue : undefined;
  const explanation = personality.explainsErrors ? explanationOf(error) : undefined;
  const isNews = explanation !== undefined && !message.includes(explanation);
  return {
    message: lines(message, ""),
    notes:
      (epilogue === undefined ? "" : lines(epilogue, "")) +
      (isNews ? lines(explanation, "  ") : ""),
  };
}

/** What the local system says comes in its own words rather than in those of Node.js. */
function messageOf(error: unknown): string {
  if (isSystemError(error)) {
    const reason = systemReason(error);
    return error.path === undefined ? reason : `${reason}: ${error.path}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Our own line ends stay; everything else that could move a cursor becomes visible. */
function lines(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => `${indent}${printable(line)}\n`)
    .join("");
}

/** The plain words for `error`: those of the first in the chain of causes that has any. */
function explanationOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const own = ownExplanation(at, at === error);
    if (own !== undefined) return own;
  }
  return undefined;
}

function ownExplanation(error: Error, isOutermost: boolean): string | undefined {
  if (error instanceof StatedFailure && error.explanation !== undefined) return error.explanation;
  const { code, status } = error as { code?: unknown; status?: unknown };
  if (code === "ERR_SMB_AUTHENTICATION") return error.message;
  if (typeof status === "number") {
    const meaning = ntStatusExplanation(status);
    if (meaning !== undefined) return meaning;
  }
  const isOurs = typeof code === "string" && code.startsWith("ERR_SMB_");
  return isOurs && !isOutermost && code !== "ERR_SMB_NT_STATUS" ? error.message : undefined;
}

function stacks(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const label = depth === 0 ? "" : "caused by ";
    parts.push(
      ...`${label}${at.stack ?? at.message}`.split("\n").map((line) => `  ${printable(line)}\n`),
    );
  }
  return parts.join("");
}
