/** The subcommands, their arguments and what they do: for `--help`, the man page and the parser. */
export const subcommandSummaries: readonly (readonly [words: string, summary: string])[] = [
  ["ls [-r] URL...", "list files and directories"],
  ["get [-r] URL... DESTINATION", "fetch files (to . when the destination is left out)"],
  ["put [-r] FILE... URL", "store files"],
  ["cat URL...", "write files to standard output"],
  ["rm [-r] URL...", "delete files"],
  ["mkdir URL...", "make directories and those above them"],
  ["mv URL... URL", "rename, or move into a directory of the same share"],
  ["du URL...", "the sum of the sizes in directories"],
  ["stat URL...", "everything known about files"],
  ["shares URL", "the shares of a server"],
  ["quic-check HOST[:PORT]...", "what a server's QUIC and its certificates are like"],
  ["channels URL", "the connections that a session with a server has"],
];

/** Those that change nothing: without a reader of their output there is nothing left for them to do. */
export const outputSubcommands: ReadonlySet<string> = new Set([
  ...["ls", "cat", "du", "stat", "shares", "quic-check", "channels"],
]);

/** The names of the subcommands. */
export const subcommandNames: ReadonlySet<string> = new Set(
  subcommandSummaries.map(([words]) => words.split(" ", 1)[0] ?? ""),
);
