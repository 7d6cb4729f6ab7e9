import chalk, { Chalk } from "chalk";
import type { Paint } from "./prompt-view.ts";

/** Colours for the prompt; none with NO_COLOR, or where the terminal has none. */
export function createPaint(
  environment: Readonly<Record<string, string | undefined>>,
  isPlain = false,
): Paint {
  const hasColor = !isPlain && (environment["NO_COLOR"] ?? "") === "";
  const { cyan, yellow, underline } = new Chalk({ level: hasColor ? chalk.level : 0 });
  return (text, style) => {
    switch (style) {
      case "prompt":
        return cyan(text);
      case "search":
        return yellow(text);
      case "match":
        return underline(text);
      case "input":
        return text;
    }
  };
}
