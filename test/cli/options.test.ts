import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../src/cli/option-values.ts";
import { type Invocation, parseCommandLine } from "../../src/cli/options.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";

const defaults: Options = {
  noPassword: false,
  isNtHash: false,
  guest: false,
  settings: [],
  grepable: false,
  quiet: false,
  messagesToStderr: false,
  debugLevel: 0,
  debugToStdout: false,
  explain: false,
  noTimes: false,
  inplace: false,
  verify: false,
  partial: false,
  recursive: false,
  json: false,
  requiresKerberos: false,
  ignored: [],
  refused: [],
};

function shell(service: string, options: Partial<Options> = {}): Invocation {
  return { kind: "shell", service, options: { ...defaults, ...options } };
}

function setting(name: string, value: string, option: string): Pick<Options, "settings"> {
  return { settings: [{ name, value, option }] };
}

/** What both personalities read alike. */
const common: readonly (readonly [argv: string, expected: Invocation])[] = [
  ["//s/h", shell("//s/h")],
  ["//s/h secret", shell("//s/h", { password: "secret" })],
  ["-U u%p //s/h", shell("//s/h", { user: "u%p" })],
  ["-Uu%p //s/h", shell("//s/h", { user: "u%p" })],
  ["-U=u%p //s/h", shell("//s/h", { user: "u%p" })],
  ["--user u%p //s/h", shell("//s/h", { user: "u%p" })],
  ["--user=u%p //s/h", shell("//s/h", { user: "u%p" })],
  ["-U% //s/h", shell("//s/h", { user: "%" })],
  ["-U a -U b //s/h", shell("//s/h", { user: "b" })],
  ["--password=a=b //s/h", shell("//s/h", { password: "a=b" })],
  ["//s/h -c ls", shell("//s/h", { command: "ls" })],
  ["//s/h -c -x", shell("//s/h", { command: "-x" })],
  ["-Nc ls //s/h", shell("//s/h", { noPassword: true, command: "ls" })],
  [
    "-NqEg //s/h",
    shell("//s/h", { noPassword: true, quiet: true, messagesToStderr: true, grepable: true }),
  ],
  ["-- //s/h", shell("//s/h")],
  ["//s/h -p 1445 -I ::1", shell("//s/h", { port: 1445, address: "::1" })],
  [
    "//s/h -D dir -t 30 -b 65536",
    shell("//s/h", { directory: "dir", timeoutSeconds: 30, ioSize: 65536 }),
  ],
  ["//s/h -d10 --debug-stdout", shell("//s/h", { debugLevel: 10, debugToStdout: true })],
  ["//s/h -s /x -A auth", shell("//s/h", { configFile: "/x", authenticationFile: "auth" })],
  ["//s/h --pw-nt-hash", shell("//s/h", { isNtHash: true })],
  ["//s/h -m SMB2", shell("//s/h", setting("client max protocol", "SMB2", "--max-protocol"))],
  ["//s/h -W WG", shell("//s/h", setting("workgroup", "WG", "--workgroup"))],
  ["//s/h -n ME", shell("//s/h", setting("netbios name", "ME", "--netbiosname"))],
  ["//s/h -R host", shell("//s/h", setting("name resolve order", "host", "--name-resolve"))],
  ["//s/h --option=clientsigning=off", shell("//s/h", setting("clientsigning", "off", "--option"))],
  ["//s/h --client-protection=encrypt", shell("//s/h", { protection: "encrypt" })],
  ["//s/h --use-kerberos=off", shell("//s/h")],
  ["//s/h --use-kerberos=desired", shell("//s/h")],
  ["//s/h --use-kerberos=required", shell("//s/h", { requiresKerberos: true })],
  ["//s/h -k", shell("//s/h", { requiresKerberos: true })],
  ["//s/h -p 65535", shell("//s/h", { port: 65_535 })],
  [
    "//s/h -l /tmp/log --leak-report",
    shell("//s/h", { ignored: ["--log-basename", "--leak-report"] }),
  ],
  ["-M host", shell("", { refused: ["message"] })],
  ["-B", shell("", { refused: ["browse"] })],
  ["//s/h -Tc out.tar dir", shell("//s/h", { refused: ["tar"], password: "out.tar" })],
  ["-L host", { kind: "list", host: "host", options: defaults }],
  ["-L //host -g", { kind: "list", host: "host", options: { ...defaults, grepable: true } }],
  ["--help", { kind: "help" }],
  ["-?", { kind: "help" }],
  ["--usage //s/h", { kind: "usage" }],
  ["-V --nosuch", { kind: "version" }],
  ["", { kind: "nothing" }],
  ["-U u", { kind: "nothing" }],
];

function words(argv: string): string[] {
  return argv === "" ? [] : argv.split(" ");
}

describe("a command line", () => {
  for (const [argv, expected] of common) {
    it(`smbx ${argv}`, () => {
      assert.deepEqual(parseCommandLine(words(argv), smbxPersonality), expected);
    });
    it(`smbclient ${argv}`, () => {
      assert.deepEqual(parseCommandLine(words(argv), smbclientPersonality), expected);
    });
  }

  it("keeps blanks and semicolons of -c", () => {
    const parsed = parseCommandLine(["//s/h", "-c", 'get "a;b"; ls'], smbxPersonality);
    assert.deepEqual(parsed, shell("//s/h", { command: 'get "a;b"; ls' }));
  });

  it("keeps the order of settings: the last one wins later", () => {
    const argv = words("//s/h -m SMB3 --option=clientmaxprotocol=SMB2 -m SMB2_02");
    const parsed = parseCommandLine(argv, smbxPersonality);
    assert.ok(parsed.kind === "shell");
    assert.deepEqual(
      parsed.options.settings.map(({ value }) => value),
      ["SMB3", "SMB2", "SMB2_02"],
    );
  });
});

const own: readonly (readonly [argv: string, expected: Invocation])[] = [
  ["//s/h --transport quic,tcp:1445", shell("//s/h", { transports: "quic,tcp:1445" })],
  ["//s/h --explain", shell("//s/h", { explain: true })],
  [
    "//s/h --jobs 4 --no-times --inplace",
    shell("//s/h", { jobs: 4, noTimes: true, inplace: true }),
  ],
  ["//s/h --pcap x.pcap --guest", shell("//s/h", { pcapFile: "x.pcap", guest: true })],
  [
    "//s/h --min-protocol SMB3",
    shell("//s/h", setting("client min protocol", "SMB3", "--min-protocol")),
  ],
  [
    "-U u ls -r //s/h/x --json",
    {
      kind: "subcommand",
      name: "ls",
      operands: ["//s/h/x"],
      options: { ...defaults, user: "u", recursive: true, json: true },
    },
  ],
  ["get -- -r .", { kind: "subcommand", name: "get", operands: ["-r", "."], options: defaults }],
];

describe("what only smbx reads", () => {
  for (const [argv, expected] of own) {
    it(`smbx ${argv}`, () => {
      assert.deepEqual(parseCommandLine(words(argv), smbxPersonality), expected);
    });
  }

  for (const argv of ["--transport tcp //s/h", "--json //s/h", "-r //s/h"]) {
    it(`is unknown to smbclient: ${argv}`, () => {
      const parsed = parseCommandLine(words(argv), smbclientPersonality);
      assert.equal(parsed.kind, "wrong");
    });
  }

  it("is no subcommand to smbclient", () => {
    assert.deepEqual(parseCommandLine(["ls"], smbclientPersonality), shell("ls"));
  });
});

const wrong: readonly (readonly [argv: string, message: RegExp])[] = [
  ["--nosuch //s/h", /^unknown option: --nosuch$/],
  ["--transp tcp //s/h", /did you mean --transport\?/],
  ["//s/h -p abc", /--port takes a number/],
  ["//s/h -p 0", /--port takes a number/],
  ["//s/h --jobs 0", /--jobs takes a number of at least 1/],
  ["//s/h -U", /^-U needs a value$/],
  ["//s/h pw more", /^too many arguments: only a password/],
  ["-r //s/h", /belongs to a subcommand/],
  ["--json //s/h", /belongs to a subcommand/],
  ["//s/h --client-protection=foo", /^Failed to parse --client-protection$/],
  ["//s/h --use-kerberos=foo", /^Failed to parse --use-kerberos$/],
  ["//s/h --option=foo", /expected name=value/],
];

describe("a command line that makes no sense", () => {
  for (const [argv, message] of wrong) {
    it(`smbx ${argv}`, () => {
      const parsed = parseCommandLine(words(argv), smbxPersonality);
      assert.ok(parsed.kind === "wrong", parsed.kind);
      assert.match(parsed.message, message);
    });
  }

  it("smbclient passes over a port that is a word, a missing value, a third argument", () => {
    const parse = (argv: string) => parseCommandLine(words(argv), smbclientPersonality);
    assert.deepEqual(parse("//s/h -p abc"), shell("//s/h"));
    assert.deepEqual(parse("//s/h -N -U"), shell("//s/h", { noPassword: true }));
    assert.deepEqual(parse("//s/h pw more"), shell("//s/h", { password: "pw" }));
  });

  it("names the option as it was typed", () => {
    const parsed = parseCommandLine(words("--no-such=1 //s/h"), smbclientPersonality);
    assert.deepEqual(parsed.kind === "wrong" && parsed.option, "--no-such=1");
  });
});

describe("what is easily mistyped", () => {
  const parse = (...argv: readonly string[]) => parseCommandLine(argv, smbxPersonality);

  it("a subcommand gets its name back, and the nearest one", () => {
    for (const [typed, near] of [
      ["lss", "ls"],
      ["mkidr", "mkdir"],
      ["LS", "ls"],
      ["share", "shares"],
    ] as const) {
      const { kind, message } = parse(typed, "//s/h", "more") as { kind: string; message?: string };
      assert.deepEqual(
        [kind, message],
        ["wrong", `${typed} is not a subcommand (did you mean ${near}?)`],
      );
    }
    const { message } = parse("frobnicate", "//s/h") as { message?: string };
    assert.equal(message, "frobnicate is not a subcommand; smbx --help lists them");
  });

  it("-l takes neither a place nor an option for the base name of a log", () => {
    for (const [argv, isRecursive] of [
      [["ls", "-l", "//s/h"], false],
      [["ls", "-l", "smb://s/h"], false],
      [["ls", "-l", "-r", "//s/h"], true],
      [["ls", "-lr", "//s/h"], true],
      [["ls", "-rl", "//s/h"], true],
      [["ls", "//s/h", "-l"], false],
    ] as const) {
      const parsed = parse(...argv);
      assert.ok(parsed.kind === "subcommand", JSON.stringify(parsed));
      assert.equal(parsed.operands.length, 1, argv.join(" "));
      assert.equal(parsed.options.recursive, isRecursive);
    }
  });

  it("a port beyond the last one, and a time that no timer can hold", () => {
    for (const argv of [
      ["-p", "99999"],
      ["-p", "0"],
      ["-t", "99999999"],
    ]) {
      const { message } = parse("//s/h", ...argv) as { message?: string };
      assert.match(message ?? "", /^--(?:port|timeout) takes a number from 1 to \d+: \d+$/);
    }
    const log = parseCommandLine(["//s/h", "-l", "//log"], smbclientPersonality);
    assert.ok(log.kind === "shell" && log.options.password === undefined);
    const careless = parseCommandLine(["//s/h", "-p", "99999"], smbclientPersonality);
    assert.ok(careless.kind === "shell" && careless.options.port === undefined);
  });
});
