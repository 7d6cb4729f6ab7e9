import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { History } from "../../../src/cli/shell/history.ts";
import { type LineShellOptions, runLineShell } from "../../../src/cli/shell/line-shell.ts";
import { type FakeShell, type FakeShellOptions, fakeShell } from "../../support/fake-shell.ts";
import { directory, FakeTree } from "../../support/fake-tree.ts";

const BANNER = 'Try "help" to get a list of possible commands.\n';

function shell(lines: readonly string[], more: FakeShellOptions = {}): FakeShell {
  return fakeShell(new FakeTree({ dir: directory() }), {
    personality: smbclientPersonality,
    answers: lines,
    ...more,
  });
}

/** A shell whose session is ended while the first command writes. */
function endedByFirstOutput(lines: readonly string[]): FakeShell {
  const ending = new AbortController();
  const made = shell(lines, { signal: ending.signal });
  const out = made.io.out.bind(made.io);
  made.io.out = (text) => {
    ending.abort();
    out(text);
  };
  return made;
}

async function run(
  lines: readonly string[],
  options?: LineShellOptions,
): Promise<{ text: string; status: number }> {
  const { state, io } = shell(lines);
  const outcomes = await runLineShell(state, options);
  return { text: io.transcript, status: smbclientPersonality.exitStatus(outcomes, "input") };
}

describe("commands on standard input", () => {
  it("begin with the banner; there is neither prompt nor echo", async () => {
    const { text, status } = await run(["pwd", "", "  ", "cd nosuch", "quit", "pwd"]);
    assert.equal(
      text,
      `${BANNER}Current directory is \\\\nas\\share\\\ncd \\nosuch\\: NT_STATUS_OBJECT_NAME_NOT_FOUND\n`,
    );
    assert.equal(status, 0);
  });

  it("may end without quit, and -q saves the banner", async () => {
    const { text } = await run(["pwd"], { quiet: true });
    assert.equal(text, "Current directory is \\\\nas\\share\\\n");
  });

  it("are shown with the prompt where Samba's tests want it", async () => {
    const { text } = await run(["pwd", "cd dir", "cd nosuch", "quit"], { forceInteractive: true });
    assert.equal(
      text,
      `${BANNER}smb: \\> pwd\nCurrent directory is \\\\nas\\share\\\nsmb: \\> cd dir\n` +
        "smb: \\dir\\> cd nosuch\ncd \\dir\\nosuch\\: NT_STATUS_OBJECT_NAME_NOT_FOUND\n" +
        "smb: \\dir\\> quit\n",
    );
  });

  it("fail the run as smbx when any of them failed", async () => {
    const { state } = shell(["cd nosuch", "pwd"], { personality: smbxPersonality });
    assert.equal(smbxPersonality.exitStatus(await runLineShell(state), "input"), 5);
  });

  it("stop after an interruption", async () => {
    const { state, io, tree } = shell(["ls", "pwd"]);
    tree.fsSize = async () => {
      state.interrupt();
      throw new Error("the request was cancelled");
    };
    const outcomes = await runLineShell(state);
    assert.equal(outcomes.length, 1);
    assert.match(io.stderr, /^interrupted\n$/);
    assert.equal(smbxPersonality.exitStatus(outcomes), 130);
  });

  it("are no success when Ctrl-C meets a command that does not notice it", async () => {
    const { state, io } = endedByFirstOutput(["pwd", "mkdir new"]);
    const outcomes = await runLineShell(state, { quiet: true });
    assert.match(io.stdout, /Current directory/);
    assert.equal(smbxPersonality.exitStatus(outcomes, "input"), 130);
    assert.equal(smbclientPersonality.exitStatus(outcomes, "input"), 130);
  });

  it("stop when the run is to end", async () => {
    const { state } = shell(["exit", "pwd"]);
    assert.equal((await runLineShell(state)).length, 1);
  });
});

describe("the commands of -c", () => {
  it("are no success when Ctrl-C meets a command that does not notice it", async () => {
    const { state, tree } = endedByFirstOutput([]);
    tree.mkdir = () => assert.fail("it goes on");
    const outcomes = await state.runText("pwd; mkdir new; mkdir other");
    assert.equal(outcomes.length, 2);
    assert.equal(smbxPersonality.exitStatus(outcomes, "command-line"), 130);
    assert.equal(smbclientPersonality.exitStatus(outcomes, "command-line"), 130);
  });

  it("are a success when Ctrl-C comes during the last one, which ends well", async () => {
    const { state } = endedByFirstOutput([]);
    const outcomes = await state.runText("pwd");
    assert.equal(smbxPersonality.exitStatus(outcomes, "command-line"), 0);
  });
});

describe("a terminal without escape sequences", () => {
  it("gets the prompt as a question, and an interruption ends the command only", async () => {
    const { state, io, tree } = shell(["ls", "cd dir", "exit"], { isTerminal: true });
    const original = tree.list.bind(tree);
    tree.list = (path, options) => {
      state.interrupt();
      return original(path, options);
    };
    const outcomes = await runLineShell(state);
    assert.deepEqual(
      outcomes.map(({ name, error }) => [name, error === undefined]),
      [
        ["ls", false],
        ["cd", true],
        ["exit", true],
      ],
    );
    assert.deepEqual(io.questions, ["smb: \\> ", "smb: \\> ", "smb: \\dir\\> "]);
  });
});

describe("!command", () => {
  it("runs in the local directory; a status other than 0 fails it without a word", async () => {
    const folder = mkdtempSync(join(tmpdir(), "smbx-bang-"));
    try {
      const { state, io } = shell([], { localCwd: folder });
      const made = await state.run('!test "$PWD" = "$(pwd -P)" && touch here');
      assert.equal(made.error, undefined);
      assert.equal((await state.run("!test -f here")).error, undefined);
      const failed = await state.run("!exit 3");
      assert.equal(smbxPersonality.exitStatus([failed]), 1);
      assert.equal(io.transcript, "");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is no command in smbclient's -c", async () => {
    const { state, io } = shell([]);
    await state.runText("!true; pwd");
    assert.match(io.stdout, /^!true: command not found\n/);
  });

  it("gets the terminal from a shell that holds it", async () => {
    const { state } = shell([]);
    const order: string[] = [];
    const holding = Object.create(state, {
      withTerminal: {
        value: async (action: () => Promise<void>) => {
          order.push("given");
          await action();
          order.push("back");
        },
      },
    }) as typeof state;
    const { bang } = await import("../../../src/cli/commands/bang.ts");
    await bang.run(holding, ["true"]);
    assert.deepEqual(order, ["given", "back"]);
  });
});

describe("-c", () => {
  it("runs until the end, or exit", async () => {
    const { state } = shell([]);
    const outcomes = await state.runText("cd nosuch; pwd; exit; pwd");
    assert.deepEqual(
      outcomes.map(({ name }) => name),
      ["cd", "pwd", "exit"],
    );
  });

  it("is not remembered", async () => {
    const { state } = shell([]);
    await state.runText("pwd");
    assert.deepEqual(state.history, []);
  });

  it("ends when the session's signal fires", async () => {
    const controller = new AbortController();
    const base = shell([]);
    const { ShellState } = await import("../../../src/cli/shell/shell-state.ts");
    const state = new ShellState({ ...base.state, localCwd: "/", signal: controller.signal });
    controller.abort();
    const outcomes = await state.runText("pwd; pwd");
    assert.equal(outcomes.length, 1);
    assert.equal(smbxPersonality.exitStatus(outcomes), 130);
  });
});

describe("history", () => {
  it("shows what was typed, itself included", async () => {
    const { state, io } = shell([], { history: new History(undefined, ["ls"]) });
    await state.run("pwd");
    await state.run("history");
    assert.match(io.stdout, /\n?0: ls\n1: pwd\n2: history\n$/);
  });
});
