import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Interrupts } from "../../../src/cli/interrupts.ts";
import { ShellState } from "../../../src/cli/shell/shell-state.ts";
import {
  TerminalSession,
  type TerminalSessionOptions,
} from "../../../src/cli/shell/terminal/terminal-session.ts";
import { FakeIo } from "../../support/fake-io.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree } from "../../support/fake-tree.ts";
import { FakeKeyboard, FakeOutput, plain, settle } from "./fake-terminal.ts";

/** A shell on a fake share at a fake terminal, which shows what commands print, too. */
function shell(
  options: Partial<Pick<TerminalSessionOptions, "typedAhead" | "loadInk" | "onInkMissing">> = {},
) {
  const keys = new FakeKeyboard();
  const output = new FakeOutput();
  const io = new FakeIo({ isTerminal: true });
  io.out = (text) => output.write(text);
  io.err = (text) => output.write(text);
  const interrupts = new Interrupts();
  const session = new TerminalSession({
    input: keys,
    output,
    io,
    interrupts,
    paint: (text) => text,
    loadInk: () => new Promise(() => {}),
    ...options,
  });
  const { state: made, client, tree } = fakeShell(new FakeTree({}));
  const { settings, personality } = made;
  const state = new ShellState({
    io: session.io,
    personality,
    settings,
    client: client.asClient,
    tree: tree.asTree,
    localCwd: "/",
    withTerminal: session.withTerminal,
  });
  return { keys, output, interrupts, session, state, client };
}

describe("the shell on a terminal", () => {
  it("reads, runs and asks again, until exit", async () => {
    const { keys, output, session, state } = shell();
    const outcomes = session.run(state);
    await settle();
    keys.type("pwd\rexit\r");
    assert.deepEqual(
      (await outcomes).map(({ name }) => name),
      ["pwd", "exit"],
    );
    assert.match(
      plain(output.take()),
      /^Try "help" to get a list of possible commands\.\n.*smb: \\> pwd\nCurrent directory is .*\n.*smb: \\> exit\n$/s,
    );
    assert.equal(keys.isRaw, true);
    session.close();
    assert.equal(keys.isRaw, false);
  });

  it("runs what was typed before it began", async () => {
    const { session, state } = shell({ typedAhead: "pwd\nexit\n" });
    const outcomes = await session.run(state, { quiet: true });
    assert.deepEqual(
      outcomes.map(({ name }) => name),
      ["pwd", "exit"],
    );
    session.close();
  });

  it("goes on without ink, and lets it be told above the prompt", async () => {
    const { keys, output, session, state } = shell({
      loadInk: () => Promise.reject(new Error("no such package")),
      onInkMissing: (reason) => output.write(`${(reason as Error).message}\n`),
    });
    const outcomes = session.run(state, { quiet: true });
    await settle();
    assert.match(plain(output.take()), /no such package\n.*smb: \\> $/s);
    keys.type("pwd\rexit\r");
    assert.equal((await outcomes).length, 2);
    session.close();
  });

  it("ends at Ctrl-D", async () => {
    const { keys, session, state } = shell();
    const outcomes = session.run(state);
    await settle();
    keys.type("\x04");
    assert.deepEqual(await outcomes, []);
    session.close();
  });

  it("gives the terminal to a local program, and begins a line of its own afterwards", async () => {
    const { keys, output, session, state } = shell();
    const outcomes = session.run(state);
    await settle();
    const wasRaw = await session.withTerminal(async () => keys.isRaw);
    assert.equal(wasRaw, false);
    assert.equal(keys.isRaw, true);
    assert.match(output.take(), /⏎\S* {39}\r\S*$/);
    keys.type("\x04");
    await outcomes;
    session.close();
  });

  it("interrupts the command and not itself", async () => {
    const { keys, session, state } = shell();
    const outcomes = session.run(state);
    await settle();
    // logon asks for a password: a command that waits.
    keys.type("logon somebody\r");
    await settle();
    keys.type("\x03");
    await settle();
    keys.type("exit\r");
    assert.deepEqual(
      (await outcomes).map(({ name, error }) => [name, (error as Error | undefined)?.name]),
      [
        ["logon", "AbortError"],
        ["exit", undefined],
      ],
    );
    session.close();
  });

  it("asks for a password without showing it", async () => {
    const { keys, output, session, state, client } = shell();
    const outcomes = session.run(state);
    await settle();
    keys.type("logon anna\r");
    await settle();
    keys.type("geheim\r");
    await settle();
    keys.type("exit\r");
    await outcomes;
    assert.equal(client.logons[0]?.password, "geheim");
    assert.equal(output.written.includes("geheim"), false);
    session.close();
  });

  it("tells at once that the connection is lost, above the line that is being typed", async () => {
    const { keys, output, session, state, client } = shell();
    const outcomes = session.run(state);
    await settle();
    keys.type("get x");
    output.take();
    client.lose(new Error("nas closed the connection"));
    await settle();
    assert.match(
      plain(output.take()),
      /^Connection to nas lost: nas closed the connection\nsmb: \\> get x$/,
    );
    keys.type("\x03");
    await settle();
    keys.type("\x04");
    await outcomes;
    session.close();
  });

  it("takes SIGINT like Ctrl-C, but for nothing while a local program has the terminal", async () => {
    const { keys, interrupts, session, state } = shell();
    const outcomes = session.run(state);
    await settle();
    await session.withTerminal(async () => interrupts.interrupt());
    keys.type("abc");
    interrupts.interrupt();
    await settle();
    keys.type("exit\r");
    assert.deepEqual(
      (await outcomes).map(({ name }) => name),
      ["exit"],
    );
    session.close();
    interrupts.interrupt();
    assert.equal(interrupts.signal.aborted, true);
  });
});
