import { Command } from "commander";
import { editDistance } from "./edit-distance.ts";
import { type OptionEntry, optionSections } from "./option-table.ts";
import { type Collected, collectOptions, type Occurrence, type Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { subcommandNames } from "./subcommand-names.ts";
import { UsageError } from "./usage-error.ts";

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: "usage" | "version" }
  /** Of one subcommand where its name stood there. */
  | { readonly kind: "help"; readonly subcommand?: string }
  /** A command line that makes no sense; `option` is set where one is not known. */
  | { readonly kind: "wrong"; readonly message: string; readonly option?: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "list"; readonly host: string; readonly options: Options }
  | { readonly kind: "shell"; readonly service: string; readonly options: Options }
  | {
      readonly kind: "subcommand";
      readonly name: string;
      readonly operands: readonly string[];
      readonly options: Options;
    };

/**
 * Reads a command line (without the program's name). Options and operands come in any order, values
 * stand behind their option or are glued to it, switches may be clustered: as popt does it for
 * smbclient.
 */
export function parseCommandLine(
  argv: readonly string[],
  personality: Pick<Personality, "hasExtensions">,
): Invocation {
  const entries = optionSections
    .filter((section) => personality.hasExtensions || section.isExtension !== true)
    .flatMap((section) => section.options);
  const { occurrences, operands, unknown, missing } = scan(
    personality.hasExtensions ? withoutLongListing(argv) : argv,
    entries,
  );
  const first = occurrences.find(({ long }) => INFORMATIVE.has(long));
  if (first !== undefined) return informative(first.long, operands[0], personality);
  if (unknown !== undefined) {
    const message = `unknown option: ${unknown}${suggestion(unknown, entries)}`;
    return { kind: "wrong", message, option: unknown };
  }
  // popt reports a missing value, smbclient does not look.
  if (missing !== undefined && personality.hasExtensions) {
    return { kind: "wrong", message: `${missing} needs a value` };
  }
  try {
    return invocationOf(collectOptions(occurrences, personality), operands, personality);
  } catch (error) {
    if (error instanceof UsageError) return { kind: "wrong", message: error.message };
    throw error;
  }
}

function informative(
  option: string,
  operand: string | undefined,
  { hasExtensions }: Pick<Personality, "hasExtensions">,
): Invocation {
  if (option !== "help") return { kind: option as "usage" | "version" };
  const isSubcommand = hasExtensions && operand !== undefined && subcommandNames.has(operand);
  return isSubcommand ? { kind: "help", subcommand: operand } : { kind: "help" };
}

const INFORMATIVE: ReadonlySet<string> = new Set(["help", "usage", "version"]);

interface Scan {
  readonly occurrences: readonly Occurrence[];
  readonly operands: readonly string[];
  readonly unknown: string | undefined;
  /** The option at the end of the line whose value is missing. */
  readonly missing: string | undefined;
}

function scan(argv: readonly string[], entries: readonly OptionEntry[]): Scan {
  const occurrences: Occurrence[] = [];
  const program = new Command().helpOption(false).exitOverride();
  program.configureOutput({ writeErr: () => undefined });
  for (const { short, long, argument } of entries) {
    const flags = `${short === undefined ? "" : `-${short}, `}--${long}`;
    const option = program.createOption(argument === undefined ? flags : `${flags} <value>`);
    program.addOption(option);
    program.on(`option:${option.name()}`, (value?: string) => {
      occurrences.push({ long, value: value ?? "" });
    });
  }
  const takesValue = new Set(entries.filter((o) => o.argument !== undefined).map((o) => o.short));
  // popt: -p=445 is -p 445.
  const words = argv.map((word) =>
    /^-[^-]=/.test(word) && takesValue.has(word[1]) ? `-${word[1]}${word.slice(3)}` : word,
  );
  try {
    const { operands, unknown } = program.parseOptions(words);
    return { occurrences, operands, unknown: unknown[0], missing: undefined };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "commander.optionMissingArgument") throw error;
    // It was the last word: without it the line is complete.
    const rest = scan(argv.slice(0, -1), entries);
    return { ...rest, missing: rest.missing ?? words.at(-1) };
  }
}

/**
 * `-l` is smbclient's base name of log files and ignored. Whoever writes `ls -l URL` or `ls -lr URL` means
 * the long listing that `ls` gives anyway: no place and no other option is taken for that name.
 */
function withoutLongListing(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, index) => {
    if (!/^-r?lr?$/.test(word)) return [word];
    const next = argv[index + 1];
    const isLong = word !== "-l" || next === undefined || /^(?:-|smb:|cifs:|\/\/|\\\\)/i.test(next);
    if (!isLong) return [word];
    return word === "-l" ? [] : ["-r"];
  });
}

/** ` (did you mean --explain?)`, where one known long option begins like the unknown one. */
function suggestion(unknown: string, entries: readonly OptionEntry[]): string {
  const typed = /^--([^=]{2,})/.exec(unknown)?.[1];
  if (typed === undefined) return "";
  const near = entries.filter(
    ({ long }) =>
      long.startsWith(typed) || (typed.length > 3 && long.startsWith(typed.slice(0, -1))),
  );
  return near.length === 1 ? ` (did you mean --${near[0]?.long}?)` : "";
}

/** A first word that is neither a place nor looks like the beginning of one. */
function isMistyped(first: string | undefined): first is string {
  return first !== undefined && /^[a-z][a-z-]*$/i.test(first);
}

/** ` (did you mean ls?)`, where a subcommand is one or two letters away. */
function nearSubcommand(typed: string): string {
  const [near] = [...subcommandNames]
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, name.length - 1))
    .sort((a, b) => a.distance - b.distance);
  return near === undefined ? "; smbx --help lists them" : ` (did you mean ${near.name}?)`;
}

function invocationOf(
  { options, listHost }: Collected,
  operands: readonly string[],
  personality: Pick<Personality, "hasExtensions">,
): Invocation {
  const [first, second, ...more] = operands;
  if (personality.hasExtensions && first !== undefined && subcommandNames.has(first)) {
    return { kind: "subcommand", name: first, operands: operands.slice(1), options };
  }
  const mistyped = personality.hasExtensions && listHost === undefined && isMistyped(first);
  if (mistyped) throw new UsageError(`${first} is not a subcommand${nearSubcommand(first)}`);
  if (personality.hasExtensions && options.recursive) {
    throw new UsageError("-r belongs to a subcommand: smbx get -r //SERVER/SHARE/DIR .");
  }
  if (personality.hasExtensions && options.json && listHost === undefined) {
    throw new UsageError("--json belongs to a subcommand: smbx ls --json //SERVER/SHARE");
  }
  if (personality.hasExtensions && options.refused.length === 0 && more.length > 0) {
    // What stands there may be a part of a password with blanks in it.
    throw new UsageError("too many arguments: only a password may follow //SERVER/SHARE");
  }
  const withPassword = second === undefined ? options : { ...options, password: second };
  if (listHost !== undefined) return { kind: "list", host: listHost, options: withPassword };
  if (first === undefined) {
    return options.refused.length > 0
      ? { kind: "shell", service: "", options }
      : { kind: "nothing" };
  }
  return { kind: "shell", service: first, options: withPassword };
}
