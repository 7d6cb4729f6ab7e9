import type { Interrupts } from "../../interrupts.ts";
import type { Io } from "../../io.ts";
import { loadInkView } from "./load-ink-view.ts";
import { createPaint } from "./paint.ts";
import { TerminalSession } from "./terminal-session.ts";

export type { TerminalSession } from "./terminal-session.ts";

export interface TerminalOptions {
  readonly io: Io;
  readonly interrupts: Interrupts;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** No colours. */
  readonly isPlain?: boolean;
  /** Called where ink cannot be loaded; may print whole lines. */
  readonly onInkMissing?: (reason: unknown) => void;
}

/** The terminal of this process, for the shell. Nothing happens to it before `run`. */
export function openTerminal(options: TerminalOptions): TerminalSession {
  const { io, interrupts, environment, isPlain, onInkMissing } = options;
  return new TerminalSession({
    input: process.stdin,
    output: process.stdout,
    io,
    interrupts,
    paint: createPaint(environment, isPlain),
    loadInk: loadInkView,
    ...(onInkMissing === undefined ? {} : { onInkMissing }),
    typedAhead: io.takeTypedAhead?.() ?? "",
  });
}
