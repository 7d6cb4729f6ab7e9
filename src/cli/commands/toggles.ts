import type { Command } from "../command.ts";
import type { ShellSettings } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { announce } from "./announce.ts";

type Toggle = "recurse" | "prompt" | "lowercase";

/** The `run` of a command that turns a setting round, or on or off as told. */
export function toggle(setting: Toggle, label: string): Command["run"] {
  return async (context, [word]) => {
    const { settings, personality } = context;
    settings[setting] = personality.habits.isTerse
      ? !settings[setting]
      : wanted(settings, setting, word);
    announce(context, `${label} is now ${settings[setting] ? "on" : "off"}`);
  };
}

function wanted(settings: ShellSettings, setting: Toggle, word: string | undefined): boolean {
  if (word === undefined) return !settings[setting];
  const lower = word.toLowerCase();
  if (lower === "on" || lower === "off") return lower === "on";
  throw new UsageError(`${setting} [on|off]`);
}
