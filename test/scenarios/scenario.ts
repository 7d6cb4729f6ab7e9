/**
 * The parser of `.smbt` files: shell sessions with what they must print, run against a real server.
 *
 * ```
 * # a comment
 * share hello.txt "hello world\n"        a file on the share before each session (a JSON string)
 * share dir/                             a directory
 * local l.txt "local\n"                  the same in the local directory
 *
 * $ both cd dir; pwd                     a session: -c, as smbx, as smbclient or as both
 * | Current directory is \\@HOST@\share\dir\
 * ? 1 5                                  the exit status, as smbclient and as smbx; 0 if left out
 *
 * $ smbx -                               commands on standard input
 * 0| get hello.txt                       a line of standard input
 * 1| …                                   a line of standard output
 * 2| …                                   a line of standard error
 * = local hello.txt "hello world\n"      a file afterwards
 * = no share gone.txt                    no such file afterwards
 * ```
 *
 * `|` lines are both streams in order, without smbx's explanations. Each session starts from the same
 * files. Lines of `ls`, and those of files moved, may come in any order; dates, rates and block counts are masked.
 */
export interface Scenario {
  readonly fixtures: readonly Fixture[];
  readonly sessions: readonly Session[];
}

export type Side = "share" | "local";

export interface Fixture {
  readonly side: Side;
  readonly path: string;
  /** undefined for a directory. */
  readonly content: string | undefined;
}

export interface Session {
  readonly as: readonly ("smbx" | "smbclient")[];
  /** A `-c` text; undefined for commands on standard input. */
  readonly commands: string | undefined;
  readonly line: number;
  readonly input: string[];
  /** By the mark of the lines: both streams, standard output, standard error. */
  readonly expected: Map<"|" | "1|" | "2|", string[]>;
  status: { smbclient: number; smbx: number };
  readonly files: Expectation[];
}

export interface Expectation {
  readonly side: Side;
  readonly path: string;
  /** undefined: there must be nothing. */
  readonly content: string | undefined;
}

export function parseScenario(text: string): Scenario {
  const parser = new Parser();
  text.split("\n").forEach((line, index) => {
    parser.line(line, index + 1);
  });
  return parser;
}

class Parser implements Scenario {
  readonly fixtures: Fixture[] = [];
  readonly sessions: Session[] = [];

  line(line: string, number: number): void {
    if (line.trim() === "" || line.startsWith("#")) return;
    if (!this.#understand(line, number))
      throw new Error(`Line ${number} is not understood: ${line}`);
  }

  #understand(line: string, number: number): boolean {
    if (line.startsWith("$ ")) return this.#begin(line, number);
    const session = this.sessions.at(-1);
    return session === undefined ? this.#fixture(line) : readLine(session, line);
  }

  #begin(line: string, number: number): boolean {
    const match = /^\$ (both|smbx|smbclient) (.*)$/.exec(line);
    if (match === null) return false;
    const [, who = "", commands = ""] = match;
    this.sessions.push({
      as: who === "both" ? ["smbclient", "smbx"] : [who as "smbx" | "smbclient"],
      commands: commands === "-" ? undefined : commands,
      line: number,
      input: [],
      expected: new Map(),
      status: { smbclient: 0, smbx: 0 },
      files: [],
    });
    return true;
  }

  #fixture(line: string): boolean {
    const match = /^(share|local) ("[^"]+"\/?|\S+)(?: (".*"))?$/.exec(line);
    if (match === null) return false;
    const [, side, path = "", content] = match;
    this.fixtures.push({
      side: side as Side,
      path: path.replaceAll('"', ""),
      content: readString(content),
    });
    return true;
  }
}

function readLine(session: Session, line: string): boolean {
  const output = /^(1\||2\||\|)(?: (.*))?$/.exec(line);
  if (output !== null) {
    const mark = output[1] as "|" | "1|" | "2|";
    session.expected.set(mark, [...(session.expected.get(mark) ?? []), output[2] ?? ""]);
    return true;
  }
  const input = /^0\|(?: (.*))?$/.exec(line);
  if (input !== null) {
    session.input.push(input[1] ?? "");
    return true;
  }
  const status = /^\? (\d+)(?: (\d+))?$/.exec(line);
  if (status !== null) {
    const smbclient = Number(status[1]);
    session.status = { smbclient, smbx: Number(status[2] ?? smbclient) };
    return true;
  }
  const file = /^= (no )?(share|local) ("[^"]+"\/?|\S+)(?: (".*"))?$/.exec(line);
  if (file === null) return false;
  const [, no, side, path = "", content] = file;
  if ((no === undefined) === (content === undefined)) return false;
  session.files.push({
    side: side as Side,
    path: path.replaceAll('"', ""),
    content: readString(content),
  });
  return true;
}

function readString(json: string | undefined): string | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as string);
}

/** Makes two outputs comparable: what differs from run to run is masked, lines of `ls` are sorted. */
export function comparable(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return sortListings(lines.map(mask));
}

function mask(line: string): string {
  return line
    .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "@DATE@")
    .replaceAll(/\((?:\d+\.\d|inf) (KiloBytes\/sec|kB\/s)\)/g, "(@R@ $1)")
    .replaceAll(/\(average (?:\d+\.\d|inf) (KiloBytes\/sec|kB\/s)\)/g, "(average @R@ $1)")
    .replace(/^\t\t\d+ blocks of size \d+\. \d+ blocks available$/, "\t\t@BLOCKS@")
    .replace(/serial number 0x[0-9a-f]+$/, "serial number 0x@HEX@")
    .replace(/tid: \d+$/, "tid: @TID@")
    .replace(/tid is \d+$/, "tid is @TID@");
}

function sortListings(lines: readonly string[]): string[] {
  const sorted: string[] = [];
  let run: string[] = [];
  for (const line of lines) {
    if (/^ {2}\S.* @DATE@$/.test(line) || /^[gp][eu]tting file /.test(line)) {
      run.push(line);
      continue;
    }
    sorted.push(...run.sort(), line);
    run = [];
  }
  return [...sorted, ...run.sort()];
}
