/** What the help of one subcommand shows besides its line of `subcommandSummaries`. */
export interface SubcommandHelp {
  /** The long names of the options that concern it, besides those of every run. */
  readonly options: readonly string[];
  /** A command line, without the program's name. */
  readonly example: string;
  /** What has to be known before it is used. */
  readonly caution?: string;
}

/** What deleting trees does where a server hides its links; the man page says it too. */
export const HIDDEN_LINKS: string =
  "Links are removed, not followed. Samba shows a symbolic link to a directory of the share as a plain directory, unless its configuration says otherwise: what such a link leads to is deleted with all the rest. Only where it leads back to a directory that it lies in is that recognised, reported, and nothing deleted through it.";

/** By the names of the subcommands. */
export const subcommandHelp: Readonly<Record<string, SubcommandHelp>> = {
  ls: { options: ["recursive", "json"], example: "ls -r //nas/photos/2026 -U anna" },
  get: {
    options: ["recursive", "json", "jobs", "no-times", "partial", "verify"],
    example: "get -r smb://anna@nas/photos/2026 .",
  },
  put: {
    options: ["recursive", "json", "jobs", "no-times", "inplace", "partial", "verify"],
    example: "put *.jpg smb://anna@nas/photos/new/",
  },
  cat: { options: [], example: "cat smb://anna@nas/notes/todo.txt" },
  rm: {
    options: ["recursive", "json", "jobs"],
    example: "rm -r smb://anna@nas/photos/old",
    caution: HIDDEN_LINKS,
  },
  mkdir: { options: ["json"], example: "mkdir smb://anna@nas/photos/2026/summer" },
  mv: {
    options: ["json"],
    example: "mv smb://anna@nas/photos/a.jpg smb://anna@nas/photos/2026/",
  },
  du: { options: ["json", "jobs"], example: "du smb://anna@nas/photos" },
  stat: { options: ["json"], example: "stat smb://anna@nas/photos/a.jpg" },
  "quic-check": {
    options: [
      ...["json", "quic-ca", "quic-cert", "quic-key", "quic-server-name", "quic-verify"],
      "quic-provider",
    ],
    example: "quic-check nas.example:8443 --quic-ca=ca.pem",
  },
  channels: {
    options: ["json", "multichannel", "max-channels"],
    example: "channels smb://anna@nas",
  },
  shares: { options: ["json"], example: "shares smb://anna@nas" },
};
