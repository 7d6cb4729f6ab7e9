import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PATIENCE_MS } from "../support/patience.ts";
import {
  type Finished,
  type ProgramOptions,
  runProgram,
  runSmbx,
  SMBX,
  smbxCommand,
} from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { isOverQuic, notOverQuic } from "../support/wire.ts";

const skip = sambaUnavailable() ?? false;

describe("the program", { skip }, () => {
  let samba: Samba;
  let local: string;
  let share: string;

  before(async () => {
    samba = await startSamba({
      shares: [
        { name: "share" },
        { name: "readonly", parameters: { "read only": "yes" } },
        { name: "sealed", parameters: { "server smb encrypt": "required" } },
      ],
    });
    share = samba.sharePath("share");
    local = mkdtempSync(join(tmpdir(), "smbx-cli-"));
    writeFileSync(join(share, "hello.txt"), "hello world\n");
    writeFileSync(join(share, "big.bin"), Buffer.alloc(4_000_000, 7));
  });

  after(async () => {
    await samba.stop();
    rmSync(local, { recursive: true, force: true });
  });

  /** Runs smbx on the share, as the user. */
  function onShare(args: readonly string[], options?: ProgramOptions): Promise<Finished> {
    const user = `${samba.username}%${samba.password}`;
    return runSmbx([unc(), "-U", user, ...args], { cwd: local, ...options });
  }

  function unc(path = ""): string {
    return `//${samba.host}:${samba.port}/share${path}`;
  }

  /** The user by variables: for subcommands. */
  function asUser(): Record<string, string> {
    return { USER: samba.username, PASSWD: samba.password };
  }

  describe("ends with the status of what went wrong", () => {
    const cases: readonly (readonly [status: number, args: (s: Samba) => readonly string[]])[] = [
      [0, (s) => [unc(), "-U", `${s.username}%${s.password}`, "-c", "ls; pwd"]],
      [2, () => ["--nosuch"]],
      [2, () => []],
      [2, () => ["-B"]],
      [2, () => [unc(), "--use-kerberos=required", "-c", "ls"]],
      [2, () => [unc(), "-m", "NT1", "-c", "ls"]],
      [2, (s) => [unc(), "-U", `${s.username}%${s.password}`, "-c", "frobnicate"]],
      [2, (s) => [unc(), "-U", `${s.username}%${s.password}`, "-c", "get"]],
      [3, (s) => [`//${s.host}:1/share`, "-N", "-c", "ls"]],
      [3, () => ["//no-such-host.invalid/share", "-N", "-c", "ls"]],
      [4, (s) => [unc(), "-U", `${s.username}%wrong`, "-c", "ls"]],
      [5, (s) => [unc(), "-U", `${s.username}%${s.password}`, "-c", "get nosuch; pwd"]],
      [5, (s) => [`//${s.host}:${s.port}/nosuch`, "-U", `${s.username}%${s.password}`, "-c", "ls"]],
      [6, () => [unc(), "-N", "-c", "ls"]],
    ];
    for (const [index, [status, args]] of cases.entries()) {
      it(`${status} (${index})`, async () => {
        const finished = await runSmbx(args(samba), { cwd: local });
        assert.equal(finished.status, status, finished.stderr);
        assert.equal(finished.stderr === "", status === 0, "a failure is told, success is not");
      });
    }

    it("6 where the server denies it", async () => {
      const source = join(local, "denied.txt");
      writeFileSync(source, "x");
      const to = `//${samba.host}:${samba.port}/readonly/`;
      const finished = await runSmbx(["put", source, to], { env: asUser() });
      assert.equal(finished.status, 6, finished.stderr);
    });
  });

  describe("tells failures", () => {
    it("on standard error, in smbclient's words and plain ones", async () => {
      const { stdout, stderr } = await onShare(["-c", "get nosuch"]);
      assert.equal(stdout, "");
      assert.match(stderr, /^NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\nosuch\n {2}\S/);
    });

    it("of dialling with every attempt", async () => {
      const { stderr } = await runSmbx([
        "//localhost/share",
        "-N",
        "--transport=tcp:1,smbdirect",
        "-c",
        "ls",
      ]);
      // One address after the colon, or each of several with its own reason.
      assert.match(stderr, /tcp .*:1:? connection refused/);
      assert.match(stderr, /smbdirect/);
    });

    it("and how it came about with --explain", async () => {
      const { stderr } = await onShare(["--explain", "-c", "pwd"]);
      assert.match(stderr, isOverQuic ? /quic: .* connected after/ : /tcp: .* connected after/);
      assert.match(stderr, /^dialect: 3\.1\.1$/m);
      assert.match(stderr, /^signing: AES-128-GMAC$/m);
      assert.doesNotMatch(stderr, /^share:/m);
    });

    it("and that a share demands encryption", async () => {
      const user = `${samba.username}%${samba.password}`;
      const sealed = `//${samba.host}:${samba.port}/sealed`;
      const finished = await runSmbx([sealed, "-U", user, "--explain", "-c", "showconnect"]);
      assert.match(finished.stderr, /^share: sealed, encrypted with AES-128-GCM$/m);
      assert.match(finished.stdout, /, share encrypted \(AES-128-GCM\), signed \(AES-128-GMAC\)$/m);
      const listing = await runSmbx(["ls", "-d1", sealed], { env: asUser() });
      assert.match(listing.stderr, /^share: sealed, encrypted with AES-128-GCM$/m);
    });
  });

  describe("keeps a password to itself", () => {
    it("in no output at any level", async () => {
      const auth = join(local, "auth");
      writeFileSync(auth, `username = ${samba.username}\npassword = ${samba.password}\n`);
      const url = `smb://${samba.username}:${samba.password}@${samba.host}:${samba.port}/share`;
      const runs = [
        onShare(["-d", "10", "--explain", "-c", "ls; get nosuch"]),
        runSmbx(["-d10", unc(), "-A", auth, "-c", "pwd"]),
        runSmbx(["-d10", "ls", `${url}/nosuch`]),
        runSmbx(["-d10", unc(), "-c", `logon ${samba.username} ${samba.password}; history`], {
          env: asUser(),
        }),
        runSmbx(["-d10", unc("%"), "-U", `${samba.username}%${samba.password}`, "--nosuch"]),
        runSmbx(["-d10", `${url.replace(/:\d+\/share/, ":x/share")}`, "-c", "ls"]),
      ];
      for (const { stdout, stderr } of await Promise.all(runs)) {
        assert.notEqual(stdout + stderr, "");
        assert.equal((stdout + stderr).includes(samba.password), false, stdout + stderr);
      }
    });

    it("and traces messages all the same", async () => {
      const { stderr } = await onShare(["-d", "10", "-c", "ls"]);
      assert.match(stderr, /^-> NEGOTIATE /m);
      assert.match(stderr, /^<- SESSION_SETUP /m);
      assert.match(stderr, /^ {3}0000 {2}fe 53 4d 42/m);
    });

    it("takes it out of the process list", {
      skip: !existsSync("/proc/self/cmdline"),
    }, async () => {
      const user = `${samba.username}%${samba.password}`;
      const child = start(smbxCommand(unc(), "-U", user, "--password", samba.password));
      await seen(child, "Try ");
      const shown = readFileSync(`/proc/${child.pid}/cmdline`, "latin1");
      child.stdin.end();
      await once(child, "close");
      assert.equal(shown.includes(samba.password), false, shown);
      assert.match(shown, /^smbx/);
    });

    it("does not hand it to local commands", async () => {
      const { stdout } = await runSmbx([unc()], { env: asUser(), input: "!env\n" });
      assert.match(stdout, /^PATH=/m);
      assert.doesNotMatch(stdout, /PASSWD/);
      for (const name of ["USER", "LOGNAME"]) {
        const env = { [name]: `${samba.username}%${samba.password}` };
        const { stdout: shown } = await runSmbx([unc()], { env, input: "!env\n" });
        assert.match(shown, new RegExp(`^${name}=${samba.username}$`, "m"));
        assert.equal(shown.includes(samba.password), false, shown);
      }
    });

    it("reads it from a descriptor", async () => {
      const script = `exec 3<<<"$SECRET"; unset SECRET; "$0" "$@"`;
      const smbx = smbxCommand(unc(), "-U", samba.username, "-c", "pwd");
      const args = ["-c", script, process.execPath, ...smbx];
      const finished = await runProgram("/bin/bash", args, {
        env: { SECRET: samba.password, PASSWD_FD: "3" },
      });
      assert.equal(finished.status, 0, finished.stderr);
    });

    it("ends the line of its question when nothing is typed", async () => {
      const { stderr } = await runSmbx([unc(), "-U", "anna", "-c", "ls"], { input: "" });
      assert.match(stderr, /^Password for \[WORKGROUP\\anna\]:\nsmbx: no password for .*\n$/);
    });

    const script = existsSync("/usr/bin/script") ? false : "no script(1) to make a terminal with";
    it("asks for it on a terminal without showing it", { skip: script }, async () => {
      const smbx = smbxCommand(unc(), "-U", samba.username, "-c", "pwd");
      const command = [process.execPath, ...smbx].join(" ");
      const child = start(["-qec", command, "/dev/null"], "/usr/bin/script");
      const output = collect(child);
      await seen(child, "Password for [WORKGROUP\\");
      child.stdin.write(`${samba.password}\r`);
      const [code] = await once(child, "close");
      assert.equal(code, 0, output());
      assert.match(output(), /Current directory is/);
      assert.equal(output().includes(samba.password), false);
    });
  });

  describe("ends when it is told to", () => {
    it("by Ctrl-C between commands", async () => {
      const child = start(smbxCommand(unc()), process.execPath, asUser());
      await seen(child, "Try ");
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "close"), [130, null]);
    });

    it("by Ctrl-C in the middle of an upload, and leaves nothing behind", async () => {
      const child = start(smbxCommand("put", "-", unc("/partial.bin")), process.execPath, asUser());
      child.stdin.write(Buffer.alloc(3_000_000));
      await until(() => readdirSync(share).some((name) => name.includes("partial")));
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "close"), [130, null]);
      await until(() => readdirSync(share).every((name) => !name.includes("partial")));
    });

    it("by Ctrl-C in the middle of a command of a script", async () => {
      const child = start(smbxCommand(unc()), process.execPath, asUser());
      child.stdin.write("put /dev/zero partial.bin\npwd\n");
      const output = collect(child);
      await until(() => readdirSync(share).some((name) => name.includes("partial")));
      child.kill("SIGINT");
      assert.deepEqual(await once(child, "close"), [130, null]);
      assert.doesNotMatch(output(), /Current directory/);
      await until(() => readdirSync(share).every((name) => !name.includes("partial")));
    });

    it("by SIGTERM", async () => {
      const child = start(smbxCommand(unc()), process.execPath, asUser());
      await seen(child, "Try ");
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "close"), [143, null]);
    });

    it("by SIGQUIT in the middle of an upload, and leaves nothing behind", async () => {
      const child = start(smbxCommand("put", "-", unc("/quit.bin")), process.execPath, asUser());
      child.stdin.write(Buffer.alloc(3_000_000));
      await until(() => readdirSync(share).some((name) => name.includes("quit")));
      child.kill("SIGQUIT");
      assert.deepEqual(await once(child, "close"), [131, null]);
      await until(() => readdirSync(share).every((name) => !name.includes("quit")));
    });

    it("by a reader that leaves, quietly", async () => {
      const script = `"$0" "$@" | head -c 10 >/dev/null; exit "\${PIPESTATUS[0]}"`;
      for (const what of [
        ["cat", unc("/big.bin")],
        ["ls", unc()],
        [unc(), "-c", "ls; get big.bin -"],
      ]) {
        const finished = await runProgram(
          "/bin/bash",
          ["-c", script, process.execPath, ...smbxCommand(...what)],
          {
            env: asUser(),
          },
        );
        const isGet = what.includes("-c");
        if (!isGet) assert.deepEqual(finished, { status: 0, stdout: "", stderr: "" });
        assert.doesNotMatch(finished.stderr, /at .*\.js/);
      }
    });
  });

  describe("has options that", () => {
    it("record what goes over the wire", async () => {
      const nowhere = join(local, "none", "x.pcap");
      const { stderr } = await onShare(["--pcap", nowhere, "-c", "ls"]);
      assert.equal(stderr, `Cannot write the capture ${nowhere}: No such file or directory\n`);
      const capture = join(local, "wire.pcap");
      const { status } = await onShare(["--pcap", capture, "-c", "ls"]);
      assert.equal(status, 0);
      const bytes = readFileSync(capture);
      assert.equal(bytes.readUInt32LE(0), 0xa1b2c3d4);
      assert.ok(bytes.length > 1000);
      assert.equal(statSync(capture).mode & 0o077, 0);
    });

    it("send messages to standard error", async () => {
      const { stdout, stderr } = await onShare(["-E", "-c", "pwd; get hello.txt -"]);
      assert.equal(stdout, "hello world\n");
      assert.match(stderr, /^Current directory is/);
    });

    const skipOld = notOverQuic("it is for 3.1.1 only");
    it("choose the protocol and its protection", { skip: skipOld }, async () => {
      const { stderr } = await onShare(["--explain", "-m", "SMB2_10", "-c", "pwd"]);
      assert.match(stderr, /^dialect: 2\.1$/m);
      const sealed = await onShare(["--explain", "--client-protection=encrypt", "-c", "pwd"]);
      assert.match(sealed.stderr, /^encryption: AES-128-GCM$/m);
      const cipher = "--option=client smb3 encryption algorithms=AES-256-CCM";
      const chosen = await onShare([
        "--explain",
        "--client-protection=encrypt",
        cipher,
        "-c",
        "pwd",
      ]);
      assert.match(chosen.stderr, /^encryption: AES-256-CCM$/m);
    });

    it("read smb.conf", { skip: skipOld }, async () => {
      const conf = join(local, "smb.conf");
      writeFileSync(conf, "[global]\nclient max protocol = SMB3_00\n");
      const { stderr } = await onShare(["--explain", "-s", conf, "-c", "pwd"]);
      assert.match(stderr, /^dialect: 3\.0$/m);
    });
  });

  it("puts a file to the name of a directory into it; as smbclient it refuses", {
    skip: notOverQuic("smbclient's -p means TCP"),
  }, async () => {
    const sizes = { small: 10, medium: 200_000, large: 3_000_000 };
    const user = `${samba.username}%${samba.password}`;
    const asSmbclient = [`//${samba.host}/share`, "-p", String(samba.port), "-U", user];
    mkdirSync(join(share, "into"));
    for (const [name, size] of Object.entries(sizes)) {
      writeFileSync(join(local, name), Buffer.alloc(size, 1));
      const put = ["-c", `put ${name} into`];
      const refused = await runSmbx([...asSmbclient, ...put], {
        cwd: local,
        env: { SMBX_COMPAT: "smbclient" },
      });
      const sentence = "NT_STATUS_FILE_IS_A_DIRECTORY opening remote file \\into\n";
      assert.deepEqual([refused.status, refused.stdout], [1, sentence], refused.stderr);
      const { status, stderr } = await onShare(put);
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`^putting file ${name} as \\\\into\\\\${name} `));
      assert.equal(statSync(join(share, "into", name)).size, size);
    }
    assert.deepEqual(readdirSync(join(share, "into")).sort(), Object.keys(sizes).sort());
    rmSync(join(share, "into"), { recursive: true });
  });

  it("is smbclient when it is called so", async () => {
    const link = join(local, "smbclient");
    symlinkSync(SMBX, link);
    const { stdout, status } = await runProgram(process.execPath, [link, "--version"]);
    assert.match(stdout, /^Version 4\.25/);
    assert.equal(status, 0);
  });

  /** Starts a program whose standard input stays open. */
  function start(
    args: readonly string[],
    command: string = process.execPath,
    env: Record<string, string> = {},
  ): ChildProcessWithoutNullStreams {
    const { PATH, HOME } = process.env;
    const child = spawn(command, args, {
      cwd: local,
      env: { PATH, HOME, SMB_CONF_PATH: "/dev/null", ...env },
    });
    // A program that is told to end no longer reads.
    child.stdin.on("error", () => {});
    return child;
  }
});

/** Resolves when `text` has been printed. */
async function seen(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  const output = collect(child);
  while (!output().includes(text)) {
    const event = await Promise.race([
      once(child.stdout, "data"),
      once(child, "close").then(() => undefined),
    ]);
    if (event === undefined) assert.fail(`it ended without "${text}": ${output()}`);
  }
}

function collect(child: ChildProcessWithoutNullStreams): () => string {
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return () => text;
}

/** Looks again and again, in the order of milliseconds: another process is at work. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > deadline) assert.fail("it never happened");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
