import { quicOptionEntries } from "./quic-option-entries.ts";

/** One option. Parsing, both `--help` texts and the man page read this value. */
export interface OptionEntry {
  /** One character; absent where there is only the long form. */
  readonly short?: string;
  readonly long: string;
  /** The name of its argument in help texts; absent for a switch. */
  readonly argument?: string;
  readonly summary: string;
  /** Behind the summary in the man page: values, defaults, how it differs from smbclient's. */
  readonly details?: string;
}

/** Options under one heading. */
export interface OptionSection {
  readonly title: string;
  readonly options: readonly OptionEntry[];
  /** Not an option of smbclient: unknown when we pass for it. */
  readonly isExtension?: true;
}

/** smbclient's own options, under no heading in its help. */
const clientOptions: readonly OptionEntry[] = [
  {
    short: "M",
    long: "message",
    argument: "HOST",
    summary: "Send message",
    details: "WinPopup messages went with NetBIOS; this is refused.",
  },
  {
    short: "I",
    long: "ip-address",
    argument: "IP",
    summary: "Use this IP to connect to",
    details: "The name in //SERVER/SHARE stays the server's name in everything that is sent.",
  },
  {
    short: "E",
    long: "stderr",
    summary: "Write messages to stderr instead of stdout",
  },
  {
    short: "L",
    long: "list",
    argument: "HOST",
    summary: "Get a list of shares available on a host",
  },
  {
    short: "T",
    long: "tar",
    argument: "<c|x>IXFvgbNan",
    summary: "Command line tar",
    details: "Not supported yet.",
  },
  { short: "D", long: "directory", argument: "DIR", summary: "Start from directory" },
  {
    short: "c",
    long: "command",
    argument: "STRING",
    summary: "Execute semicolon separated commands",
    details: "A semicolon inside double quotes is part of a name (not so in smbclient).",
  },
  {
    short: "b",
    long: "send-buffer",
    argument: "BYTES",
    summary: "Changes the transmit/send buffer",
    details: "Bytes per READ and WRITE, as `iosize`; 0, the default, lets smbx choose.",
  },
  {
    short: "t",
    long: "timeout",
    argument: "SECONDS",
    summary: "Changes the per-operation timeout",
    details:
      "So many seconds of silence end an operation; default 20. Connecting is given as long, where without the option each transport has a limit of its own: 10 seconds for TCP, 5 for QUIC, and 2 for QUIC where TCP has failed. Under the name smbclient it concerns only what follows the logon.",
  },
  {
    short: "p",
    long: "port",
    argument: "PORT",
    summary: "Port to connect to",
    details: "Replaces the list of transports: TCP at that port, NetBIOS for 139.",
  },
  {
    short: "g",
    long: "grepable",
    summary: "Produce grepable output",
    details: "Concerns `-L`: lines of `TYPE|NAME|COMMENT`.",
  },
  { short: "q", long: "quiet", summary: "Suppress help message" },
  {
    short: "B",
    long: "browse",
    summary: "Browse SMB servers using DNS",
    details: "Refused, as by smbclient on Debian.",
  },
];

const helpOptions: readonly OptionEntry[] = [
  { short: "?", long: "help", summary: "Show this help message" },
  { long: "usage", summary: "Display brief usage message" },
];

const commonOptions: readonly OptionEntry[] = [
  {
    short: "d",
    long: "debuglevel",
    argument: "DEBUGLEVEL",
    summary: "Set debug level",
    details:
      "1 tells how the connection came about, 3 adds stacks to errors, 5 one line for each message, 10 its header in hexadecimal. Passwords never appear at any level.",
  },
  { long: "debug-stdout", summary: "Send debug output to standard output" },
  {
    short: "s",
    long: "configfile",
    argument: "CONFIGFILE",
    summary: "Use alternative configuration file",
  },
  { long: "option", argument: "name=value", summary: "Set smb.conf option from command line" },
  {
    short: "l",
    long: "log-basename",
    argument: "LOGFILEBASE",
    summary: "Basename for log/debug files",
    details:
      "Accepted and ignored. Before a URL or another option it takes no value: `ls -l` lists as `ls` does.",
  },
  {
    long: "leak-report",
    summary: "enable talloc leak reporting on exit",
    details: "Accepted and ignored.",
  },
  {
    long: "leak-report-full",
    summary: "enable full talloc leak reporting on exit",
    details: "Accepted and ignored.",
  },
];

const connectionOptions: readonly OptionEntry[] = [
  {
    short: "R",
    long: "name-resolve",
    argument: "NAME-RESOLVE-ORDER",
    summary: "Use these name resolution services only",
    details:
      "`host` (the system's resolver) and `lmhosts` are used; `wins` and `bcast` are accepted.",
  },
  {
    short: "O",
    long: "socket-options",
    argument: "SOCKETOPTIONS",
    summary: "socket options to use",
    details: "Accepted and ignored.",
  },
  {
    short: "m",
    long: "max-protocol",
    argument: "MAXPROTOCOL",
    summary: "Set max protocol level",
    details:
      "SMB2_02, SMB2_10, SMB2, SMB3_00, SMB3_02, SMB3_11, SMB3. SMB1 does not exist here. Another word is a wrong option (smbclient warns and goes on).",
  },
  { short: "n", long: "netbiosname", argument: "NETBIOSNAME", summary: "Primary netbios name" },
  {
    long: "netbios-scope",
    argument: "SCOPE",
    summary: "Use this Netbios scope",
    details: "Accepted and ignored.",
  },
  { short: "W", long: "workgroup", argument: "WORKGROUP", summary: "Set the workgroup name" },
  {
    long: "realm",
    argument: "REALM",
    summary: "Set the realm name",
    details: "Accepted; it will matter with Kerberos.",
  },
];

const credentialOptions: readonly OptionEntry[] = [
  {
    short: "U",
    long: "user",
    argument: "[DOMAIN/]USERNAME[%PASSWORD]",
    summary: "Set the network username",
    details: "`DOMAIN/`, `DOMAIN\\` and `USER@REALM` are understood; the first % ends the name.",
  },
  { short: "N", long: "no-pass", summary: "Don't ask for a password" },
  { long: "password", argument: "STRING", summary: "Password" },
  { long: "pw-nt-hash", summary: "The supplied password is the NT hash" },
  {
    short: "A",
    long: "authentication-file",
    argument: "FILE",
    summary: "Get the credentials from a file",
    details:
      "Lines of `username = …`, `password = …`, `domain = …`. Where others than you may read it, a warning says so.",
  },
  {
    short: "P",
    long: "machine-pass",
    summary: "Use stored machine account password",
    details: "Refused: there is no store of Samba's here.",
  },
  {
    long: "simple-bind-dn",
    argument: "DN",
    summary: "DN to use for a simple bind",
    details: "Accepted and ignored: it concerns LDAP.",
  },
  {
    long: "use-kerberos",
    argument: "desired|required|off",
    summary: "Use Kerberos authentication",
    details: "`required` is refused for now, `desired` goes on with NTLM.",
  },
  {
    long: "use-krb5-ccache",
    argument: "CCACHE",
    summary: "Credentials cache location for Kerberos",
    details: "Demands Kerberos; refused for now.",
  },
  {
    long: "use-winbind-ccache",
    summary: "Use the winbind ccache for authentication",
    details: "Accepted and ignored.",
  },
  {
    long: "client-protection",
    argument: "sign|encrypt|off",
    summary: "Configure used protection for client connections",
    details:
      "By default everything is signed, except for guests and anonymous users, who have no key. `sign` and `encrypt` are demands: a session that has no key for them is refused. `off` leaves it to the server.",
  },
];

const legacyOptions: readonly OptionEntry[] = [
  {
    short: "k",
    long: "kerberos",
    summary: "DEPRECATED: Migrate to --use-kerberos",
  },
];

const versionOptions: readonly OptionEntry[] = [
  { short: "V", long: "version", summary: "Print version" },
];

/** What only smbx has, for every way of calling it. */
const ownOptions: readonly OptionEntry[] = [
  {
    long: "transport",
    argument: "LIST",
    summary: "The transports to try, in this order",
    details:
      "As smb.conf's `client smb transports`: tcp, nbt, quic, smbdirect, each with `:PORT` if wanted, a bare number for TCP at that port, `+quic` to append to the default, `-quic` to remove from it; at most ten. The next one starts at once where one fails, also by hanging up in the negotiation, and beside it after a second without an answer; the first to negotiate is used. Where quic met a certificate that is refused, transports that come after it are not used. QUIC needs the server's name, not its address. smbdirect needs an RDMA device; without a port it takes 445, over iWARP 5445. Default: tcp, quic.",
  },
  {
    long: "explain",
    summary: "Tell on stderr how the connection came about",
    details:
      "Every attempt with its time and reason; the dialect, signing and encryption agreed on; each interface of the server, and why it is used or not: for that, the further connections are opened at once.",
  },
  {
    long: "multichannel",
    argument: "auto|off|N",
    summary: "Connections of a session (default auto)",
    details:
      "SMB 3. `auto` opens more of them once 4 MiB were moved, by the interfaces of both sides: 2 to each with RDMA, else 4 to each with several queues (RSS), else 1 to each; only to the fastest of the best class. N: so many in all, at once. A transfer goes on as long as one of them works. `channels` shows them.",
  },
  {
    long: "max-channels",
    argument: "N",
    summary: "Never more connections than that (default 32)",
  },
  {
    long: "min-protocol",
    argument: "MINPROTOCOL",
    summary: "Set min protocol level",
    details: "The words of --max-protocol.",
  },
  {
    long: "guest",
    summary: "Accept to be a guest, or log on as one",
    details:
      "Guests cannot sign: this gives up protection, which is why it must be asked for, and why it does not go together with --client-protection=sign or encrypt.",
  },
  { long: "jobs", argument: "N", summary: "Files in flight at once (default 64)" },
  { long: "no-times", summary: "Do not carry file times over" },
  {
    long: "inplace",
    summary: "Upload to the final name at once",
    details:
      "Default: a temporary name beside it, renamed when the file is complete, unless the file there would lose its owner, permissions, streams, extended attributes or links by being replaced.",
  },
  {
    long: "partial",
    summary: "Keep interrupted transfers, and continue them",
    details:
      "An interrupted get or put of 1 MiB or more leaves what it has moved beside the target under a temporary name (`NAME.smbx-XXXXXXXXXXXX.part`, hidden where it is local), which the same command continues after comparing, as do reget and reput; nothing partial gets the real name. A part that belongs to another version of the source is not used. Default: in the shell from 64 MiB on; in subcommands never.",
  },
  {
    long: "verify",
    summary: "Compare all of a file before it is continued",
    details:
      "For reget, reput and --partial. Default: the last 16 MiB of what is there, as much as an interrupted transfer can leave with gaps.",
  },
  {
    long: "pcap",
    argument: "FILE",
    summary: "Write a capture of the decrypted messages",
    details:
      "For Wireshark. It holds everything that was transferred: treat it as such. Only you can read it; a file of that name is replaced, a symbolic link refused, a pipe of yours or /dev/fd/N written to.",
  },
];

/** What subcommands have besides. */
const subcommandOptions: readonly OptionEntry[] = [
  { short: "r", long: "recursive", summary: "Go into directories" },
  { long: "json", summary: "One JSON object per line (see docs/json.md)" },
];

/** Every option, in the order and under the headings of `--help`. */
export const optionSections: readonly OptionSection[] = [
  { title: "", options: clientOptions },
  { title: "Options of smbx", options: ownOptions, isExtension: true },
  { title: "Options of SMB over QUIC", options: quicOptionEntries, isExtension: true },
  { title: "Options of subcommands", options: subcommandOptions, isExtension: true },
  { title: "Help options", options: helpOptions },
  { title: "Common Samba options", options: commonOptions },
  { title: "Connection options", options: connectionOptions },
  { title: "Credential options", options: credentialOptions },
  { title: "Deprecated legacy options", options: legacyOptions },
  { title: "Version options", options: versionOptions },
];
