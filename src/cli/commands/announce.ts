import type { ShellContext } from "../context.ts";

/** Says what a setting is now, unless the personality changes settings silently. */
export function announce(context: ShellContext, text: string): void {
  if (!context.personality.habits.isTerse) context.io.out(`${text}\n`);
}
