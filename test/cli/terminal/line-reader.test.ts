import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Candidate, Completion } from "../../../src/cli/shell/completer.ts";
import { Keyboard } from "../../../src/cli/shell/terminal/keyboard.ts";
import {
  type Answer,
  LineReader,
  type Question,
} from "../../../src/cli/shell/terminal/line-reader.ts";
import { PromptScreen } from "../../../src/cli/shell/terminal/prompt-screen.ts";
import { FakeKeyboard, FakeOutput, plain, settle } from "./fake-terminal.ts";

/** A reader that is asking something. */
function asking(test: TestContext, question: Partial<Question> = {}) {
  const keys = new FakeKeyboard();
  const output = new FakeOutput();
  const keyboard = new Keyboard(keys, (text) => output.write(text));
  keyboard.open();
  test.after(() => keyboard.close());
  const reader = new LineReader(keyboard, new PromptScreen(output, (text) => text));
  const answer = reader.read({ prompt: "> ", ...question });
  return { keys, output, keyboard, reader, answer };
}

/** A completer that waits until it is told what there is. */
function completer() {
  const calls: { readonly line: string; readonly signal: AbortSignal }[] = [];
  let answer: (completion: Completion) => void = () => {};
  return {
    calls,
    complete: (line: string, _cursor: number, signal: AbortSignal) => {
      calls.push({ line, signal });
      return new Promise<Completion>((resolve) => {
        answer = resolve;
      });
    },
    find: async (start: number, ...candidates: Candidate[]) => {
      answer({ start, candidates });
      await settle();
    },
  };
}

const DOCS: Candidate = { text: "docs/", label: "docs/", isFinal: false };
const DATA: Candidate = { text: "data/", label: "data/", isFinal: false };

describe("reading a line", () => {
  it("shows what is typed and leaves it on the screen", async (test) => {
    const { keys, output, answer } = asking(test);
    keys.type("l");
    keys.type("s");
    assert.equal(plain(output.take()).endsWith("> ls"), true);
    keys.type("\r");
    assert.deepEqual(await answer, { type: "line", line: "ls" });
    assert.equal(output.take().endsWith("\r\n"), true);
  });

  it("leaves what was typed ahead to the next reading", async (test) => {
    const { keys, reader, answer } = asking(test);
    keys.type("one\rtwo\rthr");
    assert.deepEqual(await answer, { type: "line", line: "one" });
    assert.deepEqual(await reader.read({ prompt: "> " }), { type: "line", line: "two" });
    const third = reader.read({ prompt: "> " });
    keys.type("ee\r");
    assert.deepEqual(await third, { type: "line", line: "three" });
  });

  it("ends with the input, and at Ctrl-D", async (test) => {
    const closed = asking(test);
    closed.keys.emit("end");
    assert.deepEqual(await closed.answer, { type: "end-of-input" });
    const ended = asking(test);
    ended.keys.type("\x04");
    assert.deepEqual(await ended.answer, { type: "end-of-input" });
  });

  it("forgets the line at Ctrl-C, and not what is typed behind it", async (test) => {
    const { keys, output, keyboard, answer } = asking(test);
    keys.type("abc");
    keys.type("d\x03rest");
    assert.deepEqual(await answer, { type: "interrupt" });
    assert.match(plain(output.take()), /> abcd\^C\n$/);
    assert.deepEqual(keyboard.take(), { name: "text", text: "rest" });
  });

  it("takes SIGINT for Ctrl-C", async (test) => {
    const { reader, answer } = asking(test);
    reader.interrupt();
    assert.deepEqual(await answer, { type: "interrupt" });
  });

  it("does not show a secret", async (test) => {
    const { keys, output, answer } = asking(test, { prompt: "Password:", isSecret: true });
    keys.type("geheim\x7fx\r");
    assert.deepEqual(await answer, { type: "line", line: "geheix" });
    assert.match(plain(output.written), /^(?:Password:)+\n$/);
  });

  it("is written again when the terminal has another width", (test) => {
    const { keys, output, reader } = asking(test);
    keys.type("0123456789012345");
    output.take();
    output.columns = 10;
    reader.redraw();
    // The line was broken once: up one row, erase, and three rows.
    assert.equal(output.take(), "\x1b[1A\r\x1b[J> 01234567\r\n89012345\r\x1b[8C");
  });
});

describe("completing a line", () => {
  it("does not block a key, and is cancelled by it", async (test) => {
    const { complete, calls, find } = completer();
    const { keys, output } = asking(test, { complete });
    keys.type("cd d\t");
    assert.equal(calls[0]?.line, "cd d");
    keys.type("a");
    assert.equal(calls[0]?.signal.aborted, true);
    assert.match(plain(output.take()), /> cd da$/);
    await find(3, DOCS);
    assert.equal(output.take(), "");
  });

  it("changes the line when it has found something", async (test) => {
    const { complete, find } = completer();
    const { keys, output } = asking(test, { complete });
    keys.type("cd d\t");
    await find(3, DOCS);
    assert.match(plain(output.take()), /> cd docs\/$/);
  });

  it("is waited for by Enter: the line that runs is the complete one", async (test) => {
    const { complete, find } = completer();
    const { keys, answer } = asking(test, { complete });
    keys.type("cd d\t\rpwd\r");
    await find(3, DOCS);
    assert.deepEqual(await answer, { type: "line", line: "cd docs/" });
  });

  it("is given up at Ctrl-C, even after Enter", async (test) => {
    const { complete, calls } = completer();
    const { keys, answer } = asking(test, { complete });
    keys.type("cd d\t\r");
    keys.type("\x03");
    assert.deepEqual<Answer>(await answer, { type: "interrupt" });
    assert.equal(calls[0]?.signal.aborted, true);
  });

  it("lists the candidates at the second Tab, above the line", async (test) => {
    const { complete, find } = completer();
    const { keys, output } = asking(test, { complete });
    keys.type("cd d\t");
    await find(3, DOCS, DATA);
    assert.equal(output.take().includes("\x07"), true);
    keys.type("\t");
    await find(3, DOCS, DATA);
    assert.match(plain(output.take()), /> cd d\ndata\/ {2}docs\/\n> cd d$/);
  });

  it("takes a second Tab that comes before the answer for one that lists", async (test) => {
    const { complete, calls, find } = completer();
    const { keys, output } = asking(test, { complete });
    keys.type("cd d\t\t");
    await find(3, DOCS, DATA);
    assert.equal(calls.length, 1);
    assert.match(plain(output.take()), /data\/ {2}docs\/\n/);
  });
});

describe("the keyboard", () => {
  it("is raw while it is open, and as before afterwards", (test) => {
    const { keys, output, keyboard } = asking(test);
    assert.deepEqual([keys.isRaw, keys.isPaused], [true, false]);
    output.take();
    keyboard.close();
    keyboard.close();
    assert.deepEqual([keys.isRaw, keys.isPaused], [false, true]);
    assert.equal(output.take(), "\x1b[?2004l\x1b[?25h");
    assert.equal(keys.listenerCount("data"), 0);
  });

  it("takes a lone Escape for a key after a while", (test) => {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    const { keys, keyboard } = asking(test);
    keyboard.onKeys = undefined;
    keys.type("\x1b");
    assert.equal(keyboard.take(), undefined);
    test.mock.timers.tick(1000);
    assert.deepEqual(keyboard.take(), { name: "escape", text: "" });
    keyboard.close();
  });
});
