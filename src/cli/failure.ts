import { ntStatusExplanation } from "../core/index.ts";
import type { Io } from "./io.ts";
import type { Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";

/**
 * A failure whose first line is already in smbclient's words; `cause` is what happened. Its exit
 * status is its cause's.
 */
export class StatedFailure extends Error {
  /** True for the few lines that smbclient writes to standard error in any case. */
  readonly alwaysToStderr: boolean;

  constructor(
    line: string,
    options: { readonly cause?: unknown; readonly toStderr?: boolean } = {},
  ) {
    super(line, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "StatedFailure";
    this.alwaysToStderr = options.toStderr ?? false;
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
  const lines = failureLines(error, personality).map((line) => `${line}\n`);
  const [first = "", ...rest] = lines;
  const toStderr = error instanceof StatedFailure && error.alwaysToStderr;
  if (personality.errorsToStdout && !toStderr) io.out(first);
  else io.err(first);
  if (rest.length > 0) io.err(rest.join(""));
  if ((teller.debugLevel ?? 0) >= 3) io.err(stacks(error));
}

/**
 * What is said about `error`: its own line first; where the personality explains, a line in plain
 * words follows when it adds something. No line holds a control character.
 */
export function failureLines(
  error: unknown,
  personality: Pick<Personality, "explainsErrors">,
): readonly string[] {
  const first = error instanceof Error ? error.message : String(error);
  // A message of several lines (a usage) keeps its lines: they are ours.
  const lines = first.split("\n").map(printable);
  if (!personality.explainsErrors) return lines;
  const explanation = explanationOf(error);
  return explanation === undefined || first.includes(explanation)
    ? lines
    : [...lines, ...explanation.split("\n").map((line) => `  ${printable(line)}`)];
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
