import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { PATIENCE_MS } from "../support/patience.ts";
import { smbxCommand } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { Terminal, type TerminalOptions, tmuxUnavailable } from "../support/tmux.ts";

const skip = sambaUnavailable() ?? tmuxUnavailable() ?? false;

interface ShellOptions extends Partial<TerminalOptions> {
  /** More of the command line. */
  readonly args?: string;
  /** The password is asked for. */
  readonly asksPassword?: boolean;
}

describe("the shell in a real terminal", { skip }, () => {
  let samba: Samba;
  let share: string;
  let home: string;
  let local: string;

  before(async () => {
    samba = await startSamba();
    share = samba.sharePath("share");
    home = mkdtempSync(join(tmpdir(), "smbx-home-"));
    local = join(home, "local");
    mkdirSync(local);
    mkdirSync(join(share, "My Documents"));
    writeFileSync(join(share, "My Documents", "a b.txt"), "ab");
    writeFileSync(join(share, "hello.txt"), "hello\n");
    writeFileSync(join(share, "日本.txt"), "hello\n");
    for (const name of ["r1.dat", "r2.dat", "r3.dat"]) writeFileSync(join(share, name), name);
  });

  after(async () => {
    await samba.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** A shell at its first prompt. */
  async function shell(test: TestContext, options: ShellOptions = {}): Promise<Terminal> {
    const { args = "", asksPassword = false, env, ...others } = options;
    const user = `${samba.username}${asksPassword ? "" : `%${samba.password}`}`;
    const smbx = smbxCommand(`//${samba.host}:${samba.port}/share`, "-U", user);
    const words = [process.execPath, ...smbx].map((word) => `'${word}'`);
    const terminal = new Terminal(`${words.join(" ")} ${args}`, {
      cwd: local,
      env: { HOME: home, SMB_CONF_PATH: "/dev/null", ...env },
      ...others,
    });
    test.after(() => terminal.close());
    await terminal.until(asksPassword ? /Password for/ : /smb: \\>/);
    return terminal;
  }

  it("edits a line and runs it", async (test) => {
    const terminal = await shell(test);
    terminal.keys("xpwdy", "C-a", "Delete", "C-e", "BSpace", "Enter");
    const screen = await terminal.until(/Current directory is .*\nsmb: \\>$/);
    assert.match(screen, /^Try "help" to get a list of possible commands\.\nsmb: \\> pwd\nCurr/);
    await terminal.untilCursor(/^8,3$/);
  });

  it("is drawn by ink as soon as that is loaded", async (test) => {
    const terminal = await shell(test);
    const record = join(home, "record");
    terminal.recordTo(record);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      terminal.keys("x");
      await delay(50);
      // ink alone asks the terminal to show a frame at once.
      if (existsSync(record) && readFileSync(record, "utf8").includes("\x1b[?2026h")) return;
      assert.ok(performance.now() < deadline, "ink was never loaded");
    }
  });

  it("completes a remote directory with a blank in its name, and what is in it", async (test) => {
    const terminal = await shell(test);
    terminal.keys("cd My", "Tab");
    await terminal.until(/cd "My Documents\/$/);
    terminal.keys("Enter");
    await terminal.until(/smb: \\My Documents\\>$/);
    terminal.keys("get a", "Tab", "Enter");
    await terminal.until(/getting file \\My Documents\\a b\.txt of size 2 as a b\.txt/);
    assert.equal(readFileSync(join(local, "a b.txt"), "utf8"), "ab");
    rmSync(join(local, "a b.txt"));
  });

  it("lists what a word can become at the second Tab", async (test) => {
    const terminal = await shell(test);
    terminal.keys("get r", "Tab", "Tab", "Tab");
    await terminal.until(/smb: \\> get r\nr1\.dat {2}r2\.dat {2}r3\.dat\nsmb: \\> get r$/);
    terminal.keys("2", "Tab");
    await terminal.until(/get r2\.dat$/);
  });

  it("remembers lines across runs, but no passwords", async (test) => {
    const first = await shell(test);
    first.keys("volume", "Enter");
    await first.until(/serial number/);
    first.keys(`logon ${samba.username} ${samba.password}`, "Enter");
    await first.until(/logged on/);
    first.keys("exit", "Enter");
    await first.until(/over: 0, icanon/);
    const second = await shell(test);
    second.keys("Up", "Up");
    await second.until(/smb: \\> volume$/);
    second.keys("C-c", "C-r", "vol");
    await second.until(/\(reverse-i-search\)`vol': volume$/);
    const path = join(home, ".local", "state", "smbx", "history");
    assert.equal(readFileSync(path, "utf8").includes(samba.password), false);
  });

  it("ends as other programs do when its terminal goes away", async () => {
    const note = join(home, "status");
    const user = `${samba.username}%${samba.password}`;
    const smbx = smbxCommand(`//${samba.host}:${samba.port}/share`, "-U", user);
    const words = [process.execPath, ...smbx].map((word) => `'${word}'`).join(" ");
    const ending = `echo $? > '${note}.new'; mv '${note}.new' '${note}'; exit`;
    const terminal = new Terminal(`trap "" HUP; ${words}; ${ending}`, {
      cwd: local,
      env: { HOME: home, SMB_CONF_PATH: "/dev/null" },
    });
    await terminal.until(/smb: \\>/);
    terminal.close();
    const deadline = performance.now() + PATIENCE_MS;
    while (!existsSync(note)) {
      assert.ok(performance.now() < deadline, "it never ended");
      await delay(20);
    }
    // 128 and SIGHUP; it was that of an abort.
    assert.equal(readFileSync(note, "utf8"), "129\n");
  });

  it("cancels a transfer and not itself at Ctrl-C, and leaves no part of a file", async (test) => {
    const big = join(share, "big.bin");
    const piece = Buffer.alloc(16 << 20, 7);
    for (let i = 0; i < 16; i++) writeFileSync(big, piece, { flag: "a" });
    const terminal = await shell(test);
    terminal.keys("get big.bin", "Enter");
    while (readdirSync(local).length === 0) await delay(2);
    // From here on it cannot come to its end.
    samba.signal("SIGSTOP");
    terminal.keys("C-c");
    samba.signal("SIGCONT");
    await terminal.until(/get big\.bin\n(?:.*\n)*interrupted\nsmb: \\>$/);
    assert.deepEqual(readdirSync(local), []);
    terminal.keys("pwd", "Enter");
    await terminal.until(/Current directory/);
    rmSync(big);
  });

  it("runs what was typed while a command ran", async (test) => {
    const terminal = await shell(test);
    terminal.keys("!sleep 0.3", "Enter", "pwd", "Enter", "vol");
    await terminal.until(/sleep 0\.3\n(?:.*\n)*smb: \\> pwd\nCurrent .*\nsmb: \\> vol$/);
  });

  it("counts columns where characters are wide", async (test) => {
    const terminal = await shell(test);
    terminal.keys("ls 日", "Tab");
    await terminal.until(/ls 日本\.txt$/);
    await terminal.untilCursor(/^20,1$/);
    terminal.keys("C-a", "M-f", "Right", "Right", "x", "Enter");
    await terminal.until(/ls 日x本\.txt\nNT_STATUS_NO_SUCH_FILE listing \\日x本\.txt\n/);
  });

  it("breaks long lines as the terminal does, also after it was resized", async (test) => {
    const terminal = await shell(test, { columns: 40 });
    const words = "abcdefghi ".repeat(6);
    terminal.keys("-l", words);
    await terminal.until(/smb: \\> (?:abcdefghi ){3}ab\ncdefghi (?:abcdefghi ){1}/);
    terminal.resize(30, 24);
    await terminal.until(
      /\nsmb: \\> abcdefghi abcdefghi ab\ncdefghi abcdefghi abcdefghi ab\ncdefghi$/,
    );
    await terminal.untilCursor(/^8,/);
    terminal.resize(100, 24);
    const screen = await terminal.until(/\nsmb: \\> (?:abcdefghi ){5}abcdefghi$/);
    assert.equal(screen.split("smb:").length, 2);
  });

  it("asks one question after the other", async (test) => {
    const terminal = await shell(test);
    terminal.keys("mget r*.dat", "Enter");
    for (const [name, answer] of [
      ["r1", "y"],
      ["r2", "n"],
      ["r3", "y"],
    ] as const) {
      await terminal.until(new RegExp(`Get file ${name}\\.dat\\?$`));
      terminal.keys(answer, "Enter");
    }
    await terminal.until(/getting file \\r3\.dat.*\n(?:.*\n)*smb: \\>$/);
    assert.deepEqual(readdirSync(local).sort(), ["r1.dat", "r3.dat"]);
    for (const name of readdirSync(local)) rmSync(join(local, name));
  });

  it("lends the terminal to programs, in the mode that they expect", async (test) => {
    const terminal = await shell(test);
    terminal.keys("!cat; printf 'no end'", "Enter");
    await terminal.until(/no end'$/);
    terminal.keys("typed", "Enter");
    await terminal.until(/typed\ntyped$/);
    terminal.keys("C-d");
    await terminal.until(/no end⏎\nsmb: \\>$/);
    terminal.keys("!sleep 60", "Enter");
    await terminal.until(/sleep 60$/);
    await delay(200);
    terminal.keys("C-c");
    await terminal.until(/sleep 60\n\^C.*\n(?:.*\n)*smb: \\>$/);
    terminal.keys("pwd", "Enter");
    await terminal.until(/Current directory/);
  });

  it("runs pasted lines one by one", async (test) => {
    const terminal = await shell(test);
    terminal.paste("pwd\nls\thello.txt\necho");
    const screen = await terminal.until(/smb: \\> echo$/);
    assert.match(screen, /> pwd\nCurrent .*\nsmb: \\> ls hello\.txt\n {2}hello\.txt/);
  });

  it("prints long output as it is, into the scrollback", async (test) => {
    mkdirSync(join(share, "many"));
    for (let i = 0; i < 3000; i++) writeFileSync(join(share, "many", `file-${i}`), "");
    const terminal = await shell(test);
    terminal.keys("ls many/*", "Enter");
    const screen = await terminal.until(/blocks available\nsmb: \\>$/);
    // tmux keeps 2,000 lines.
    assert.equal((screen.match(/^ {2}file-\d+ +N +0 /gm) ?? []).length > 1900, true);
  });

  it("ends at Ctrl-D, and gives the terminal back", async (test) => {
    const terminal = await shell(test);
    terminal.keys("ls", "C-c");
    await terminal.until(/ls\^C\nsmb: \\>$/);
    terminal.keys("C-d");
    await terminal.until(/smb: \\>\nover: 0, icanon$/);
  });

  it("gives the terminal back when it is terminated", async (test) => {
    const terminal = await shell(test);
    terminal.keys("abc");
    await terminal.until(/> abc$/);
    const [child] = readFileSync(
      `/proc/${terminal.pid}/task/${terminal.pid}/children`,
      "utf8",
    ).split(" ");
    process.kill(Number(child), "SIGTERM");
    await terminal.until(/> abc\nover: 143, icanon$/);
  });

  it("says at once that the connection is lost", async (test) => {
    const terminal = await shell(test);
    terminal.keys("get x");
    await terminal.until(/get x$/);
    samba.signal("SIGKILL");
    await terminal.until(/^Connection to .* lost: .*closed.*\nsmb: \\> get x$/m);
    await samba.stop();
    samba = await startSamba();
  });

  it("asks for the password without showing it, and keeps what is typed behind it", async (test) => {
    const terminal = await shell(test, { asksPassword: true, args: "-q" });
    terminal.keys(samba.password, "Enter", "pwd", "Enter");
    const screen = await terminal.until(/Current directory is .*\nsmb: \\>$/);
    assert.equal(screen.includes(samba.password), false);
    assert.equal(screen.includes("Try"), false);
  });

  it("has colours, and none with NO_COLOR", async (test) => {
    const colored = await shell(test);
    await colored.until(/smb: \\>$/);
    assert.equal(colored.coloredScreen().includes("\x1b[36msmb: \\>"), true);
    const plain = await shell(test, { env: { NO_COLOR: "1" } });
    plain.keys("C-r");
    await plain.until(/reverse-i-search/);
    assert.equal(plain.coloredScreen().includes("\x1b["), false);
  });

  it("asks line by line on a terminal that understands nothing", async (test) => {
    const terminal = await shell(test, { env: { TERM: "dumb" } });
    terminal.keys("pwd", "Enter");
    await terminal.until(/smb: \\> pwd\nCurrent directory is .*\nsmb: \\>$/);
    terminal.keys("C-d");
    await terminal.until(/over: 0, icanon$/);
  });
});
