import type { Command } from "../command.ts";
import type { Personality } from "../personality.ts";
import type { CommandTable } from "./table.ts";

const COLUMNS = 5;
const COLUMN_WIDTH = 15;

/** `help` for tables that hold it themselves. */
export function helpFor(tableOf: (personality: Personality) => CommandTable): Command {
  return {
    names: ["help", "?"],
    usage: "[command]",
    summary: "give help on a command",
    maxArguments: 1,
    completes: ["command", "none"],
    async run({ io, personality }, [word]) {
      const table = tableOf(personality);
      if (word === undefined) return io.out(listNames(table.namesInOrder));
      if (personality.habits.isTerse && !table.has(word)) return;
      const { command, name } = table.find(word);
      const text = [command.usage, command.summary].filter((part) => part !== "").join(" ");
      io.out(`HELP ${name}:\n\t${text}\n\n`);
    },
  };
}

function listNames(names: readonly string[]): string {
  let text = "";
  for (let at = 0; at < names.length; at += COLUMNS) {
    const row = names.slice(at, at + COLUMNS).map((name) => name.padEnd(COLUMN_WIDTH));
    text += `${row.join("")}\n`;
  }
  return text;
}
