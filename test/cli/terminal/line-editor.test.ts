import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { emptyLine } from "../../../src/cli/shell/terminal/editor-state.ts";
import { line, shown, type } from "./typing.ts";

type Row = readonly [before: string, keys: readonly string[], after: string];

const MOVING: readonly Row[] = [
  ["get a|bc", ["ctrl-a"], "|get abc"],
  ["get a|bc", ["home"], "|get abc"],
  ["get a|bc", ["ctrl-e"], "get abc|"],
  ["get a|bc", ["end"], "get abc|"],
  ["get a|bc", ["ctrl-b"], "get |abc"],
  ["get a|bc", ["left", "left"], "get| abc"],
  ["get a|bc", ["ctrl-f"], "get ab|c"],
  ["get a|bc", ["right", "right", "right"], "get abc|"],
  ["|get", ["left"], "|get"],
  ["get a-b.txt|", ["meta-b"], "get a-b.|txt"],
  ["get a-b.txt|", ["meta-b", "meta-b"], "get a-|b.txt"],
  ["|get a-b", ["meta-f"], "get| a-b"],
  ["get| a-b", ["ctrl-right"], "get a|-b"],
  ["größe| x", ["ctrl-left"], "|größe x"],
];

const CHANGING: readonly Row[] = [
  ["get |x", ["'a'", "'b'"], "get ab|x"],
  ["|", ["'日本'"], "日本|"],
  ["|", ["'a\tb\x1bc'"], "a bc|"],
  ["ab|c", ["backspace"], "a|c"],
  ["|abc", ["backspace"], "|abc"],
  ["a|bc", ["delete"], "a|c"],
  ["a|bc", ["ctrl-d"], "a|c"],
  ["abc|", ["ctrl-d"], "abc|"],
  ["get 日本|", ["backspace"], "get 日|"],
  ["e\u0301|x", ["backspace"], "|x"],
  ["|👨‍👩‍👧x", ["delete"], "|x"],
  ["a👍🏽|", ["left"], "a|👍🏽"],
  ["ab|cd", ["ctrl-t"], "acb|d"],
  ["abc|", ["ctrl-t"], "acb|"],
  ["|abc", ["ctrl-t"], "|abc"],
  ["a|", ["ctrl-t"], "a|"],
  ["日|本", ["ctrl-t"], "本日|"],
];

const KILLING: readonly Row[] = [
  ["get a|bc", ["ctrl-k"], "get a|"],
  ["get a|bc", ["ctrl-u"], "|bc"],
  ["get a-b|", ["ctrl-w"], "get |"],
  ["get a-b  |c", ["ctrl-w"], "get |c"],
  ["get a-b|", ["meta-backspace"], "get a-|"],
  ["get |a-b", ["meta-d"], "get |-b"],
  ["get a|bc", ["ctrl-k", "ctrl-a", "ctrl-y"], "bc|get a"],
  ["one two three|", ["ctrl-w", "ctrl-w", "ctrl-y"], "one two three|"],
  ["|one two", ["meta-d", "meta-d", "ctrl-y"], "one two|"],
  ["ab cd|", ["ctrl-w", "left", "right", "ctrl-w", "ctrl-y", "meta-y"], "cd|"],
  ["ab cd|", ["ctrl-w", "left", "right", "ctrl-w", "ctrl-y", "meta-y", "meta-y"], "ab |"],
  ["ab|", ["ctrl-y"], "ab|"],
  ["ab|", ["meta-y"], "ab|"],
];

const UNDOING: readonly Row[] = [
  ["|", ["'a'", "'b'", "ctrl-_"], "|"],
  ["get abc|", ["ctrl-w", "ctrl-_"], "get abc|"],
  ["|", ["'a'", "ctrl-u", "'b'", "ctrl-_", "ctrl-_"], "a|"],
  ["abc|", ["ctrl-_"], "abc|"],
];

for (const [title, rows] of Object.entries({ MOVING, CHANGING, KILLING, UNDOING })) {
  describe(`the line editor: ${title.toLowerCase()}`, () => {
    for (const [before, keys, after] of rows) {
      it(`${before} by ${keys.join(" ")} becomes ${after}`, () => {
        assert.equal(shown(type(line(before), ...keys).state), after);
      });
    }
  });
}

describe("the line editor: what else is to be done", () => {
  it("a line is complete at Enter, wherever the cursor is", () => {
    assert.deepEqual(type(line("l|s"), "enter").effects, [{ type: "submit", line: "ls" }]);
  });

  it("Ctrl-D ends the input on an empty line only", () => {
    assert.deepEqual(type(emptyLine(), "ctrl-d").effects, [{ type: "end-of-input" }]);
    assert.deepEqual(type(line("a|"), "ctrl-d").effects, [{ type: "bell" }]);
  });

  it("Ctrl-C, Ctrl-L and Ctrl-Z leave the line as it is", () => {
    const { state, effects } = type(line("a|b"), "ctrl-c", "ctrl-l", "ctrl-z");
    assert.equal(shown(state), "a|b");
    assert.deepEqual(
      effects.map((effect) => effect.type),
      ["interrupt", "clear-screen", "suspend"],
    );
  });

  it("the second of two Tabs in a row is told from the first", () => {
    const { effects } = type(line("a|"), "tab", "tab", "'b'", "tab");
    assert.deepEqual(
      effects.map((effect) => effect.type === "complete" && effect.isRepeated),
      [false, true, false],
    );
  });

  it("kills outlive the line", () => {
    const { kills } = type(line("abc|"), "ctrl-u").state;
    assert.equal(shown(type(emptyLine([], kills), "ctrl-y").state), "abc|");
  });
});

describe("the line editor: history", () => {
  const history = ["ls", "cd docs", "get a.txt"];

  it("goes up and down, and keeps the line that was begun", () => {
    const up = type(line("put|", history), "up");
    assert.equal(shown(up.state), "get a.txt|");
    assert.equal(shown(type(up.state, "ctrl-p", "ctrl-p").state), "ls|");
    assert.equal(shown(type(up.state, "down").state), "put|");
  });

  it("keeps what was edited in a line of before while it is left", () => {
    const { state } = type(line("|", history), "up", "'2'", "up", "down");
    assert.equal(shown(state), "get a.txt2|");
    assert.deepEqual(history, ["ls", "cd docs", "get a.txt"]);
  });

  it("rings at both ends", () => {
    assert.deepEqual(type(line("|", history), "down").effects, [{ type: "bell" }]);
    assert.deepEqual(type(line("|", history), "up", "up", "up", "up").effects, [{ type: "bell" }]);
  });

  it("jumps to its ends", () => {
    assert.equal(shown(type(line("|", history), "meta-<").state), "ls|");
    assert.equal(shown(type(line("x|", history), "meta-<", "meta->").state), "x|");
  });

  it("gives the last word of the line before", () => {
    assert.equal(shown(type(line("put |", history), "meta-.").state), "put a.txt|");
    const quoted = ['get "my file.txt"'];
    assert.equal(shown(type(line("rm |", quoted), "meta-.").state), 'rm "my file.txt"|');
  });
});

describe("the line editor: search", () => {
  const history = ["get alpha", "ls", "get beta", "cd gamma"];
  const search = (...keys: string[]) => type(line("new|", history), "ctrl-r", ...keys);

  it("finds the newest line that contains the text", () => {
    assert.equal(shown(search("'g'", "'e'").state), "|get beta");
  });

  it("goes on to older ones, and back", () => {
    assert.equal(shown(search("'get'", "ctrl-r").state), "|get alpha");
    assert.equal(shown(search("'get'", "ctrl-r", "ctrl-s").state), "|get beta");
  });

  it("says when there is no older one, and keeps the last", () => {
    const { state, effects } = search("'get'", "ctrl-r", "ctrl-r");
    assert.equal(state.search?.hasFailed, true);
    assert.equal(shown(state), "|get alpha");
    assert.deepEqual(effects, [{ type: "bell" }]);
  });

  it("takes back characters of what is looked for", () => {
    assert.equal(shown(search("'get'", "'x'", "backspace").state), "|get beta");
    assert.equal(shown(search("'x'", "backspace").state), "new|");
  });

  it("gives the line of before back at Ctrl-G", () => {
    const { state } = search("'get'", "ctrl-g");
    assert.equal(shown(state), "new|");
    assert.equal(state.search, undefined);
  });

  it("ends with any other key, which means what it always means", () => {
    assert.deepEqual(search("'ls'", "enter").effects, [{ type: "submit", line: "ls" }]);
    assert.equal(shown(search("'beta'", "ctrl-e").state), "get beta|");
    assert.equal(shown(search("'beta'", "escape").state), "get |beta");
    assert.equal(shown(search("'beta'", "up").state), "ls|");
  });
});

describe("the line editor: whatever is typed", () => {
  const names = [
    ...["left", "right", "home", "end", "up", "down", "meta-b", "meta-f", "backspace", "delete"],
    ...["ctrl-k", "ctrl-u", "ctrl-w", "meta-d", "meta-backspace", "ctrl-y", "meta-y", "ctrl-t"],
    ...["ctrl-_", "ctrl-r", "ctrl-g", "meta-.", "meta-<", "meta->", "unknown"],
  ];
  const texts = ["'a'", "' '", "'日'", "'👍🏽'", "'\u0301'", "'get x'"];
  const keys = fc.array(fc.constantFrom(...names, ...texts), { maxLength: 60 });

  it("leaves the cursor inside the text and no character in halves", () => {
    fc.assert(
      fc.property(keys, (typed) => {
        const { state } = type(line("|", ["one 日本", "two"]), ...typed);
        assert.ok(state.cursor >= 0 && state.cursor <= state.text.length);
        assert.equal(/\p{Cs}/u.test(state.text.slice(0, state.cursor)), false);
        assert.equal(/\p{Cs}/u.test(state.text.slice(state.cursor)), false);
      }),
    );
  });

  it("loses no text but what is deleted: a kill and a yank in place change nothing", () => {
    const kills = fc.constantFrom("ctrl-k", "meta-d");
    const moves = fc.array(fc.constantFrom("left", "right", "meta-b", "meta-f", "home", "end"));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), moves, kills, (text, way, kill) => {
        const start = type(line("|"), `'${text.replace(/\p{Cc}/gu, "")}'`, ...way).state;
        const { state, effects } = type(start, kill);
        if (effects.length > 0) return;
        assert.equal(type(state, "ctrl-y").state.text, start.text);
      }),
    );
  });

  it("can be undone to the beginning", () => {
    const changes = fc.array(fc.constantFrom("'a'", "backspace", "ctrl-w", "ctrl-t", "left"));
    fc.assert(
      fc.property(changes, (typed) => {
        const { state } = type(line("get x|"), ...typed);
        const undone = type(state, ...state.undo.map(() => "ctrl-_")).state;
        assert.equal(undone.text, "get x");
      }),
    );
  });
});
