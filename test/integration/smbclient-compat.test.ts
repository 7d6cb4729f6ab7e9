import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Finished, type ProgramOptions, runProgram, runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const SMBCLIENT = "/usr/bin/smbclient";

/**
 * A situation that both programs are put into. `{S}` is the server, `{U}` the user with password,
 * `{P}` the port as options; `{N}` the user's name alone, `{W}` the password alone.
 */
interface Situation {
  readonly name: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The smbclient of this machine is to be as new as this to say what 4.25 says. */
  readonly since?: number;
  /** The lines come in the order of a directory, which each program reads in its own way. */
  readonly inAnyOrder?: boolean;
}

/** `-c` on the prepared share. */
function commands(text: string, more: readonly string[] = []): Situation {
  return {
    name: `-c '${text}'`,
    args: ["//{S}/share", "-p", "{P}", "-U", "{U}", "-c", text, ...more],
  };
}

function input(
  text: string,
  more: readonly string[] = [],
  env?: Record<string, string>,
): Situation {
  const args = ["//{S}/share", "-p", "{P}", "-U", "{U}", ...more];
  const name = `${JSON.stringify(text)} on standard input ${more.join(" ")} ${JSON.stringify(env ?? {})}`;
  return { name, args, input: text, ...(env === undefined ? {} : { env }) };
}

const situations: readonly Situation[] = [
  { name: "wrong password", args: ["//{S}/share", "-p", "{P}", "-U", "{N}%wrong", "-c", "ls"] },
  { name: "unknown user", args: ["//{S}/share", "-p", "{P}", "-U", "nobody_here%x", "-c", "ls"] },
  { name: "anonymous, denied", args: ["//{S}/share", "-p", "{P}", "-N", "-U%", "-c", "ls"] },
  {
    name: "-N without a name",
    args: ["//{S}/guests", "-p", "{P}", "-N", "-c", "pwd"],
    env: { USER: "nobody_here" },
  },
  { name: "no such share", args: ["//{S}/nosuch", "-p", "{P}", "-U", "{U}", "-c", "ls"] },
  {
    name: "a path behind the share",
    args: ["//{S}/share/dir", "-p", "{P}", "-U", "{U}", "-c", "ls"],
  },
  { name: "backslashes", args: ["\\\\{S}\\share", "-p", "{P}", "-U", "{U}", "-c", "pwd"] },
  {
    name: "password as second argument",
    args: ["//{S}/share", "{W}", "-p", "{P}", "-U", "{N}", "-c", "pwd"],
  },
  {
    name: "--password",
    args: ["//{S}/share", "-p", "{P}", "-U", "{N}", "--password={W}", "-c", "pwd"],
  },
  {
    name: "PASSWD",
    args: ["//{S}/share", "-p", "{P}", "-U", "{N}", "-c", "pwd"],
    env: { PASSWD: "{W}" },
  },
  {
    name: "USER%PASSWORD in USER",
    args: ["//{S}/share", "-p", "{P}", "-c", "pwd"],
    env: { USER: "{U}" },
  },
  {
    name: "no password, no terminal",
    args: ["//{S}/share", "-p", "{P}", "-U", "{N}", "-c", "pwd"],
  },
  {
    name: "the password on standard input",
    args: ["//{S}/share", "-p", "{P}", "-U", "{N}", "-c", "pwd"],
    input: "{W}\n",
  },
  {
    name: "a domain before the user",
    args: ["//{S}/share", "-p", "{P}", "-U", "WORKGROUP\\{U}", "-c", "pwd"],
  },
  {
    name: "a domain with a slash",
    args: ["//{S}/share", "-p", "{P}", "-U", "WORKGROUP/{U}", "-c", "pwd"],
  },
  {
    name: "-A without its file",
    args: ["//{S}/share", "-p", "{P}", "-A", "nosuchauth", "-c", "pwd"],
  },
  { name: "connection refused", args: ["//{S}/share", "-p", "1", "-U", "{U}", "-c", "ls"] },
  {
    name: "-m with an unknown protocol",
    args: ["//{S}/share", "-p", "{P}", "-U", "{U}", "-m", "FOO", "-c", "pwd"],
  },
  {
    name: "-m SMB2_02",
    args: ["//{S}/share", "-p", "{P}", "-U", "{U}", "-m", "SMB2_02", "-c", "pwd"],
  },
  {
    name: "--client-protection=encrypt",
    args: ["//{S}/share", "-p", "{P}", "-U", "{U}", "--client-protection=encrypt", "-c", "pwd"],
  },
  {
    name: "--client-protection with a wrong word",
    args: ["//{S}/share", "--client-protection=foo", "-c", "pwd"],
  },
  {
    name: "--option with an unknown name",
    args: ["//{S}/share", "-p", "{P}", "-U", "{U}", "--option=nosuchoption=1", "-c", "pwd"],
  },
  {
    name: "-s without its file",
    args: ["//{S}/share", "-p", "{P}", "-s", "/nonexistent", "-U", "{U}", "-c", "pwd"],
  },
  {
    name: "-R with an unknown word",
    args: ["//{S}/share", "-p", "{P}", "-R", "foo", "-U", "{U}", "-c", "pwd"],
  },
  {
    name: "a host that is not there",
    args: ["//no-such-host.invalid/x", "-U", "{U}", "-c", "ls"],
    since: 25,
  },
  { name: "-L", args: ["-L", "{S}", "-p", "{P}", "-U", "{U}"] },
  { name: "-g -L", args: ["-g", "-L", "{S}", "-p", "{P}", "-U", "{U}"] },
  { name: "-N -L", args: ["-N", "-L", "{S}", "-p", "{P}"], env: { USER: "nobody_here" } },
  { name: "-L with a wrong password", args: ["-L", "{S}", "-p", "{P}", "-U", "{N}%wrong"] },
  { name: "-M", args: ["-M", "{S}", "-U", "{U}"], since: 25 },
  { name: "-B", args: ["-B"] },
  { name: "no service", args: ["notaunc", "-U", "{U}"], since: 25 },
  commands("pwd", ["-D", "dir"]),
  commands("pwd", ["-D", "nosuch"]),
  commands("pwd; get nosuch", ["-E"]),
  commands("ls"),
  commands("ls; ls dir; ls dir/*; dir *.txt", []),
  commands('ls "with space.txt"; l hello.txt'),
  commands("ls *.nomatch"),
  commands("ls dir/"),
  commands("recurse; ls"),
  commands("recurse; ls dir/*"),
  commands("mask *.txt; recurse; ls"),
  commands("du; du dir/*"),
  commands('cd "empty dir"; ls'),
  commands("pwd; cd dir; pwd; cd ..; cd /dir/sub; pwd; lcd /; lcd"),
  commands("cd nosuch; pwd"),
  commands("cd hello.txt; pwd"),
  commands("cd nosuch"),
  commands("mkdir d1; mkdir d1; rmdir d1; rmdir d1; rmdir dir"),
  commands("md d1; rd d1; rd nosuch"),
  commands("rm nosuch"),
  commands("rm hello.txt; ls"),
  commands("del *.txt; ls"),
  commands("deltree dir; deltree dir"),
  commands("rename hello.txt r2; rename big.bin r2; rename big.bin r2 -f; ls"),
  commands("rename nosuch x"),
  commands("get nosuch.txt"),
  commands("get dir"),
  commands("get hello.txt -"),
  commands("get hello.txt; put hello.txt up.txt; get up.txt again.txt; ls up.txt"),
  commands("put nosuch-local"),
  commands("put l.txt no/such/l.txt"),
  commands("prompt; mget *.txt"),
  { ...commands("prompt; recurse; mget dir"), inAnyOrder: true },
  commands("mget nosuch"),
  { ...commands("prompt; mput m*.txt; ls m*"), inAnyOrder: true },
  commands("mput nosuch"),
  { ...commands("mget *.txt"), name: "mget with questions", input: "y\nn\n" },
  commands("volume"),
  commands("allinfo nosuch"),
  commands("stat hello.txt"),
  commands("altname nosuch"),
  commands("help get; help nosuch; hel ls"),
  { ...commands("frobnicate"), since: 25 },
  { ...commands("p"), since: 25 },
  commands("ls; bogus"),
  commands("cd nosuch; pwd; get nosuch; pwd"),
  commands("pwd; get nosuch"),
  commands("get nosuch; pwd"),
  commands("get; put; cd; mkdir; rm; rename a; del; mget; mput; more; setmode; allinfo"),
  commands(
    "timeout; timeout 30; iosize; iosize 100000; mask; mask *.txt; recurse; prompt; lowercase",
  ),
  commands("listconnect; showconnect; tcon guests; pwd; tcon nosuch"),
  commands("tcon nosuch"),
  commands("history"),
  commands('put l.txt "q r.txt";; ls "q r.txt" ; rm "q r.txt"'),
  commands("pwd\npwd"),
  { ...commands("!echo hi; !false"), since: 25 },
  commands("exit"),
  commands("q; pwd"),
  commands("logon nobody_here wrong"),
  { ...commands(""), since: 25 },
  input("pwd\nls dir\nget nosuch\nquit\n"),
  input("pwd\n"),
  input("pwd"),
  input("pwd\nquit\n", ["-q"]),
  input("pwd\ncd dir\nget nosuch\nquit\n", [], { CLI_FORCE_INTERACTIVE: "yes" }),
  input("bogus\n\npwd\n"),
  input("", []),
];

const DATE = /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g;

/** Takes out what differs from run to run. */
function mask(text: string): string {
  return (
    text
      .replace(DATE, "@DATE@")
      .replace(/(?:inf|[\d.]+) (kB\/s|KiloBytes\/sec)/gi, "@R@ $1")
      // As smbclient before 4.20 spells it.
      .replaceAll("kb/s", "kB/s")
      .replace(/\d+ blocks of size 1024\. \d+ blocks available/g, "@N@ blocks")
      .replace(/tid: \d+/g, "tid: @TID@")
      .replace(/^Current VUID is \d+$/gm, "Current VUID is @V@")
  );
}

function masked({ status, stdout, stderr }: Finished, isSorted: boolean): Finished {
  const lines = mask(stderr).split("\n");
  return { status, stdout: mask(stdout), stderr: (isSorted ? lines.sort() : lines).join("\n") };
}

function prepareShare(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "dir", "sub"), { recursive: true });
  mkdirSync(join(directory, "empty dir"));
  const files = {
    "hello.txt": "hello world\n",
    "with space.txt": "x",
    "big.bin": "b".repeat(3_000_000),
    "dir/a.txt": "a",
    "dir/sub/b.txt": "b",
  };
  const time = new Date("2024-02-29T12:34:56Z");
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text);
    utimesSync(join(directory, name), time, time);
  }
}

function prepareLocal(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const name of ["l.txt", "m1.txt", "m2.txt"])
    writeFileSync(join(directory, name), "local text\n");
}

const skip =
  sambaUnavailable() ??
  (existsSync(SMBCLIENT) ? false : `${SMBCLIENT} is not there to compare with`);

describe("smbx as smbclient", { skip }, () => {
  let samba: Samba;
  let local: string;
  /** Of Samba 4. */
  let minor: number;

  before(async () => {
    samba = await startSamba({
      shares: [{ name: "share" }, { name: "guests", parameters: { "guest ok": "yes" } }],
    });
    local = mkdtempSync(join(tmpdir(), "smbx-compat-"));
    const { stdout } = await runProgram(SMBCLIENT, ["--version"]);
    minor = Number(/^Version 4\.(\d+)/.exec(stdout)?.[1]);
  });

  after(async () => {
    await samba.stop();
    rmSync(local, { recursive: true, force: true });
  });

  function fill(text: string): string {
    return text
      .replaceAll("{S}", samba.host)
      .replaceAll("{P}", String(samba.port))
      .replaceAll("{U}", `${samba.username}%${samba.password}`)
      .replaceAll("{N}", samba.username)
      .replaceAll("{W}", samba.password);
  }

  /** Runs a situation from a fresh start. */
  async function run(
    situation: Situation,
    program: (args: readonly string[], options: ProgramOptions) => Promise<Finished>,
  ): Promise<Finished> {
    prepareShare(samba.sharePath("share"));
    prepareLocal(join(local, "work"));
    const env = Object.entries(situation.env ?? {}).map(([key, value]) => [key, fill(value)]);
    const finished = await program(situation.args.map(fill), {
      cwd: join(local, "work"),
      env: { USER: "nobody_here", SMBX_COMPAT: "smbclient", ...Object.fromEntries(env) },
      input: fill(situation.input ?? ""),
    });
    return masked(finished, situation.inAnyOrder === true);
  }

  for (const situation of situations) {
    it(situation.name, async (t) => {
      if (minor < (situation.since ?? 0)) {
        t.skip(`smbclient 4.${minor} says something else here than 4.25`);
        return;
      }
      const theirs = await run(situation, (args, options) => runProgram(SMBCLIENT, args, options));
      const ours = await run(situation, runSmbx);
      assert.deepEqual(ours, theirs);
    });
  }
});
