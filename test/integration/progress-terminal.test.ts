import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { smbxCommand } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { Terminal, tmuxUnavailable } from "../support/tmux.ts";

const skip = sambaUnavailable() ?? tmuxUnavailable() ?? false;
const MIB = 1 << 20;

describe("the bar on a real terminal", { skip }, () => {
  let samba: Samba;
  let local: string;

  before(async () => {
    samba = await startSamba();
    local = mkdtempSync(join(tmpdir(), "smbx-bar-"));
    writeFileSync(join(local, "big"), Buffer.alloc(256 * MIB, 7));
  });
  after(async () => {
    await samba.stop();
    rmSync(local, { recursive: true, force: true });
  });

  it("shows how much of a file is there, and keeps to its line through Ctrl-Z and fg", async (test) => {
    const { host, port, username, password } = samba;
    const terminal = new Terminal("bash --norc", {
      cwd: local,
      env: { HOME: local, SMB_CONF_PATH: "/dev/null", PASSWD: password },
    });
    test.after(() => terminal.close());
    const words = smbxCommand("put", "big", `//${host}:${port}/share/big`, "-U", username);
    writeFileSync(join(local, "run"), `exec '${process.execPath}' '${words.join("' '")}'\n`);
    terminal.keys("sh run", "Enter");
    while (readdirSync(samba.sharePath("share")).length === 0) await delay(2);
    // From here on it cannot come to its end.
    samba.signal("SIGSTOP");
    const running = await terminal.until(/ \d+% \d.* of 256 MiB /);
    const percent = Number(/ (\d+)% /.exec(running)?.[1]);
    assert.ok(percent < 100, running);
    terminal.keys("C-z");
    await terminal.until(/Stopped/);
    terminal.keys("clear; echo one; echo two; echo three", "Enter");
    await terminal.until(/one\ntwo\nthree\n/);
    terminal.keys("fg", "Enter");
    await terminal.until(/fg\nsh run\n.* of 256 MiB /);
    samba.signal("SIGCONT");
    const screen = await terminal.until(/1 file, 256 MiB/);
    assert.match(screen, /^one\ntwo\nthree\n.* fg\nsh run\n1 file, 256 MiB/);
  });
});
