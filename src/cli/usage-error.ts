/**
 * The user asked for something that makes no sense: exit status 2, the message, no stack. Each argument
 * is one line of it: a line end inside of one was typed, or sent by a server, and is shown as such.
 */
export class UsageError extends Error {
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "UsageError";
    this.lines = lines;
  }
}
