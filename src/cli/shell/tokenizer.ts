/** How command lines are taken apart. */
export interface SplittingRules {
  /** smbclient's: `;` separates even inside quotes, and a line end is only a blank. */
  readonly splitsInsideQuotes: boolean;
}

/**
 * The commands of a `-c` text: separated by `;` and line ends outside double quotes. Empty ones are
 * left out.
 */
export function splitCommands(text: string, rules: SplittingRules): string[] {
  const commands = rules.splitsInsideQuotes ? text.split(";") : splitOutsideQuotes(text);
  return commands.map((command) => command.trim()).filter((command) => command !== "");
}

function splitOutsideQuotes(text: string): string[] {
  const commands: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    // A line end also ends a quote that was never closed: one slip spoils one line.
    const isLineEnd = character === "\n" || character === "\r";
    if (isLineEnd || (character === ";" && !isQuoted)) {
      commands.push(text.slice(start, at));
      start = at + 1;
      isQuoted = false;
    }
  }
  commands.push(text.slice(start));
  return commands;
}

/** A word of a line and where it stands. */
export interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** Offset of its first character, a quote included. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
  /** It has a quote that is not closed. */
  readonly isOpen: boolean;
}

/**
 * The words of one command: separated by blanks outside double quotes. Quotes may begin and end
 * anywhere in a word and are dropped. The backslash separates path components and quotes nothing.
 */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line, at)) at++;
    if (at >= line.length) return words;
    const word = readWord(line, at);
    words.push(word);
    at = word.end;
  }
}

function readWord(line: string, start: number): Word {
  let text = "";
  let isOpen = false;
  let at = start;
  for (; at < line.length && (isOpen || !isSpace(line, at)); at++) {
    if (line[at] === '"') isOpen = !isOpen;
    else text += line[at];
  }
  return { text, start, end: at, isOpen };
}

function isSpace(line: string, at: number): boolean {
  const character = line[at];
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}

/** Whether a line holds no command. */
export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** `text` as a word that `splitWords` reads as `text`; a quote inside it cannot be written and stays out. */
export function quoteWord(text: string): string {
  const plain = text.replaceAll('"', "");
  return plain === "" || /[\s;]/.test(plain) || plain.startsWith("!") ? `"${plain}"` : plain;
}
