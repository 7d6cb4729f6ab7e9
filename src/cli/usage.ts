import { type OptionEntry, type OptionSection, optionSections } from "./option-table.ts";
import type { Personality } from "./personality.ts";
import { subcommandHelp } from "./subcommand-help.ts";
import { subcommandSummaries } from "./subcommand-names.ts";

// smbclient's help is laid out by popt for a terminal of 80 columns.
const LAST_COLUMN = 79;
const SUMMARY_COLUMN = 47;

/** The text of `--help`. */
export function helpText(personality: Personality): string {
  const sections = sectionsOf(personality);
  const body = sections.map(
    ({ title, options }) =>
      `${title === "" ? "" : `\n${title}:\n`}${options.map(helpLine).join("")}`,
  );
  if (!personality.hasExtensions) {
    return `Usage: ${personality.program} [OPTIONS] service <password>\n${body.join("")}`;
  }
  return `${synopsis(personality.program)}
Subcommands:
${subcommandSummaries.map(([words, summary]) => `  ${words.padEnd(30)} ${summary}\n`).join("")}
A URL is smb://[DOMAIN;][USER@]SERVER[:PORT]/SHARE[/PATH] or //SERVER[:PORT]/SHARE[/PATH].

Options:
${body.join("")}`;
}

/** The text of `smbx NAME --help`. */
export function subcommandHelpText(
  name: string,
  { program }: Pick<Personality, "program">,
): string {
  const [words = name, summary = ""] =
    subcommandSummaries.find(([usage]) => usage.split(" ", 1)[0] === name) ?? [];
  const { options = [], example = name, caution } = subcommandHelp[name] ?? {};
  const known = optionSections.flatMap((section) => section.options);
  const own = options.flatMap((option) => known.filter(({ long }) => long === option));
  return `Usage: ${program} ${words.replace(name, `${name} [OPTIONS]`)}
${summary.charAt(0).toUpperCase()}${summary.slice(1)}.
${caution === undefined ? "" : `\n${wrapUsage("", caution.split(" "), "").trimStart()}`}
Options:
${own.map(helpLine).join("")}  and those of every run, such as -U and -A: '${program} --help' lists them

Example:
  ${program} ${example}
`;
}

/** The text of `--usage`, also printed for wrong options. */
export function usageText(personality: Personality): string {
  if (personality.hasExtensions) {
    return `${synopsis(personality.program)}Try '${personality.program} --help' for the options.\n`;
  }
  const sections = sectionsOf(personality);
  // popt lists the help options first here, wherever --help shows them.
  const isHelp = (section: OptionSection): boolean => section.title === "Help options";
  const options = [...sections.filter(isHelp), ...sections.filter((s) => !isHelp(s))].flatMap(
    (section) => section.options,
  );
  const switches = options.map((o) => (o.argument === undefined ? (o.short ?? "") : "")).join("");
  const words = [`[-${switches}]`, ...options.map(usageWord), "[OPTIONS] service <password>"];
  return wrapUsage(`Usage: ${personality.program}`, words);
}

function synopsis(program: string): string {
  return `Usage: ${program} [OPTIONS] //SERVER/SHARE [PASSWORD]     a shell, or -c 'COMMAND; COMMAND'
       ${program} [OPTIONS] -L SERVER                    the shares of a server
       ${program} SUBCOMMAND [OPTIONS] URL...            one job, then exit
`;
}

function sectionsOf(personality: Personality): readonly OptionSection[] {
  return optionSections.filter((s) => personality.hasExtensions || s.isExtension !== true);
}

function helpLine({ short, long, argument, summary }: OptionEntry): string {
  const flags = short === undefined ? "      " : `  -${short}, `;
  const left = `${flags}--${long}${argument === undefined ? "" : `=${argument}`}`;
  const [first = "", ...rest] = wrapSummary(summary);
  const indent = " ".repeat(SUMMARY_COLUMN);
  return `${left.padEnd(SUMMARY_COLUMN)}${first}\n${rest.map((line) => `${indent}${line}\n`).join("")}`;
}

/** popt breaks only at a blank inside the last column, even where the word would have fitted. */
function wrapSummary(summary: string): readonly string[] {
  const width = LAST_COLUMN - SUMMARY_COLUMN;
  const lines: string[] = [];
  let rest = summary;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(" ", width - 1);
    if (blank <= 0) break;
    lines.push(rest.slice(0, blank));
    rest = rest.slice(blank + 1);
  }
  return [...lines, rest];
}

function usageWord({ short, long, argument }: OptionEntry): string {
  const value = argument === undefined ? "" : `=${argument}`;
  return short === undefined ? `[--${long}${value}]` : `[-${short}|--${long}${value}]`;
}

function wrapUsage(start: string, words: readonly string[], indent = "        "): string {
  let text = start;
  let column = start.length;
  for (const word of words) {
    if (column + 1 + word.length >= LAST_COLUMN) {
      text += `\n${indent}${word}`;
      column = indent.length + word.length;
    } else {
      text += ` ${word}`;
      column += 1 + word.length;
    }
  }
  return `${text}\n`;
}
