import { ntStatusExplanation } from "../core/index.ts";
import { isSystemError, systemReason } from "./commands/system-reason.ts";
import type { Io } from "./io.ts";
import type { Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";
import { UsageError } from "./usage-error.ts";

/** What belongs to a StatedFailure besides its line. */
export interface StatedFailureOptions {
  readonly cause?: unknown;
  readonly toStderr?: boolean;
  readonly epilogue?: string;
  /** What it means, where the cause does not say it: smbx prints it below, each text a line. */
  readonly explanation?: string | readonly string[];
}

/**
 * A failure whose first line is already in smbclient's words; `cause` is what happened. Its exit
 * status is its cause's.
 */
export class StatedFailure extends Error {
  /** What is printed, a line each. */
  readonly lines: readonly string[];
  /** True for the few lines that smbclient writes to standard error in any case. */
  readonly alwaysToStderr: boolean;
  /** One more line, which goes to standard error. */
  readonly epilogue?: string;
  /** What it means in plain words, a line each. */
  readonly explanation?: readonly string[];

  constructor(line: string | readonly string[], options: StatedFailureOptions = {}) {
    const lines = [line].flat();
    super(lines.join("\n"), "cause" in options ? { cause: options.cause } : undefined);
    this.lines = lines;
    this.name = "StatedFailure";
    this.alwaysToStderr = options.toStderr ?? false;
    if (options.epilogue !== undefined) this.epilogue = options.epilogue;
    const { explanation } = options;
    if (explanation !== undefined) this.explanation = [explanation].flat();
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
  const said = linesOf(error);
  const epilogue = error instanceof StatedFailure ? error.epilogue : undefined;
  const explanation = personality.explainsErrors ? explanationOf(error) : undefined;
  const isNews = explanation !== undefined && !said.join("\n").includes(explanation.join("\n"));
  return {
    message: asLines(said, ""),
    notes:
      (epilogue === undefined ? "" : asLines([epilogue], "")) +
      (isNews ? asLines(explanation, "  ") : ""),
  };
}

/** What the local system says comes in its own words rather than in those of Node.js. */
function linesOf(error: unknown): readonly string[] {
  if (error instanceof UsageError || error instanceof StatedFailure) return error.lines;
  if (isSystemError(error)) {
    const reason = systemReason(error);
    return [error.path === undefined ? reason : `${reason}: ${error.path}`];
  }
  return [error instanceof Error ? error.message : String(error)];
}

/**
 * Each text as one line. A line end inside of a text is no line end of ours but part of a name that a
 * server sent or somebody typed: like everything else that could move a cursor it becomes visible.
 */
function asLines(texts: readonly string[], indent: string): string {
  return texts.map((text) => `${indent}${printable(text)}\n`).join("");
}

/** The plain words for `error`: those of the first in the chain of causes that has any. */
function explanationOf(error: unknown): readonly string[] | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const own = ownExplanation(at, at === error);
    if (own !== undefined) return own;
  }
  return undefined;
}

function ownExplanation(error: Error, isOutermost: boolean): readonly string[] | undefined {
  if (error instanceof StatedFailure && error.explanation !== undefined) return error.explanation;
  const { code, status, explanation } = error as Error & Readonly<Record<string, unknown>>;
  if (typeof explanation === "string") return [explanation];
  if (code === "ERR_SMB_AUTHENTICATION") return [error.message];
  if (typeof status === "number") {
    const meaning = ntStatusExplanation(status);
    if (meaning !== undefined) return [meaning];
  }
  const isOurs = typeof code === "string" && code.startsWith("ERR_SMB_");
  return isOurs && !isOutermost && code !== "ERR_SMB_NT_STATUS" ? [error.message] : undefined;
}

/** The frames alone are lines: the message before them may hold what a server sent. */
function stacks(error: unknown): string {
  const parts: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const label = depth === 0 ? "" : "caused by ";
    const frames = (at.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
    parts.push(asLines([`${label}${at.name}: ${at.message}`, ...frames], "  "));
  }
  return parts.join("");
}
