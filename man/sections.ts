import type { Command } from "../src/cli/command.ts";
import { commandTable } from "../src/cli/commands/index.ts";
import { ExitCode } from "../src/cli/exit-codes.ts";
import { type OptionEntry, optionSections } from "../src/cli/option-table.ts";
import { subcommandHelp } from "../src/cli/subcommand-help.ts";
import { subcommandSummaries } from "../src/cli/subcommand-names.ts";
import { continuation, definition, escapeRoff } from "./markdown-to-roff.ts";

/** The sections of the manual that are written from the tables of the program, by their marks. */
export const generatedSections: Readonly<Record<string, () => string>> = {
  options,
  subcommands,
  "shell-commands": shellCommands,
  "exit-status": exitStatus,
};

function options(): string {
  return optionSections
    .map((section) => {
      const title = section.title === "" ? "" : `.SS ${escapeRoff(section.title)}\n`;
      return title + section.options.map(option).join("");
    })
    .join("");
}

function option({ short, long, argument, summary, details }: OptionEntry): string {
  const value = argument === undefined ? "" : `*${argument}*`;
  const forms = [
    ...(short === undefined ? [] : [[`**-${short}**`, value].filter(Boolean).join(" ")]),
    `**--${long}**${value === "" ? "" : `=${value}`}`,
  ];
  const more = details === undefined ? "" : ` ${details}`;
  return definition(forms.join(", "), `${sentence(summary)}${more}`);
}

function subcommands(): string {
  return subcommandSummaries
    .map(([words, summary]) => {
      const [name = "", ...rest] = words.split(" ");
      const text = definition(`**${name}** ${rest.join(" ")}`, sentence(summary));
      const caution = subcommandHelp[name]?.caution;
      return caution === undefined ? text : text + continuation(caution);
    })
    .join("");
}

function shellCommands(): string {
  const sorted = [...commandTable.commands].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return sorted.map(shellCommand).join("");
}

function shellCommand(command: Command): string {
  // Some of smbclient's help texts repeat the name in the usage, or have a dash before the summary.
  const usage = command.usage.startsWith(`${nameOf(command)} `)
    ? command.usage.slice(nameOf(command).length + 1)
    : command.usage;
  const names = command.names.map((name) => `**${name}**`).join(", ");
  const text = definition(
    [names, usage].filter(Boolean).join(" "),
    sentence(command.summary.replace(/^- /, "")),
  );
  return command.details === undefined ? text : text + continuation(command.details);
}

function nameOf(command: Command): string {
  return command.names[0] ?? "";
}

const STATUS_TEXTS: Readonly<Record<keyof typeof ExitCode, string>> = {
  OK: "Everything was done.",
  FAILURE: "A failure that has no class of its own.",
  USAGE: "Wrong options, arguments, settings or command names.",
  NETWORK: "The server could not be reached, or the connection broke or timed out.",
  AUTHENTICATION: "The logon failed, or the server wants another client certificate.",
  NOT_FOUND: "There is no such file, directory or share.",
  DENIED: "The server, or this system, denies it.",
  TRANSFER: "A file was not transferred whole.",
  CERTIFICATE: "The certificate of the server is not to be trusted (SMB over QUIC).",
  INTERRUPTED: "Ctrl-C.",
};

function exitStatus(): string {
  return Object.entries(STATUS_TEXTS)
    .map(([name, text]) => definition(`**${ExitCode[name as keyof typeof ExitCode]}**`, text))
    .join("");
}

/** With a capital letter and a full stop, unless it has its own. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /\.\)?$/.test(capital) ? capital : `${capital}.`;
}
