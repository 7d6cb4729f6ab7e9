import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Candidate } from "../../../src/cli/shell/completer.ts";
import { applyCompletion, inColumns } from "../../../src/cli/shell/terminal/candidates.ts";
import { line, shown } from "./typing.ts";

/** Candidates as the completer makes them: quoted where they have blanks, directories open. */
function candidates(...names: readonly string[]): Candidate[] {
  return names.map((name) => {
    const isFinal = !name.endsWith("/");
    const text = name.includes(" ") ? `"${name}${isFinal ? '"' : ""}` : name;
    return { text, label: name, isFinal };
  });
}

function complete(before: string, start: number, ...names: readonly string[]) {
  const completion = { start, candidates: candidates(...names) };
  const outcome = applyCompletion(line(before), completion, false);
  return { ...outcome, after: shown(outcome.state) };
}

describe("a completion", () => {
  const rows: readonly (readonly [string, number, readonly string[], string])[] = [
    ["get h|", 4, ["hello.txt"], "get hello.txt |"],
    ["cd d|", 3, ["docs/"], "cd docs/|"],
    ["cd m|", 3, ["My Documents/"], 'cd "My Documents/|'],
    ["get m|", 4, ["my file.txt"], 'get "my file.txt" |'],
    ['get "my f|"', 4, ["my file.txt"], 'get "my file.txt"|'],
    ["get h| x", 4, ["hello.txt"], "get hello.txt| x"],
    ["g|", 0, ["get"], "get |"],
    ["get r|", 4, ["report-1", "report-2"], "get report-|"],
    ["get m|", 4, ["my a", "my b"], 'get "my |'],
    ["get d|", 4, ["Docs", "documents"], "get Doc|"],
    ["get r|", 4, ["r1", "r2"], "get r|"],
    ["get x|", 4, [], "get x|"],
    ["get 日|", 4, ["日本1", "日本2"], "get 日本|"],
  ];
  for (const [before, start, names, after] of rows) {
    it(`of ${before} by ${names.join(", ") || "nothing"} is ${after}`, () => {
      assert.equal(complete(before, start, ...names).after, after);
    });
  }

  it("that adds nothing lists the candidates at the second Tab", () => {
    const two = { start: 4, candidates: candidates("r1", "r2") };
    assert.deepEqual(applyCompletion(line("get r|"), two, false).listed, []);
    const labels = applyCompletion(line("get r|"), two, true).listed.map(({ label }) => label);
    assert.deepEqual(labels, ["r1", "r2"]);
  });

  it("takes nothing for common while there are more candidates than it knows", () => {
    const some = { start: 4, candidates: candidates("ra1", "ra2"), isPartial: true };
    const { state, listed } = applyCompletion(line("get r|"), some, true);
    assert.equal(shown(state), "get r|");
    assert.equal(listed.length, 2);
  });

  it("rings where it is stuck", () => {
    assert.equal(complete("get x|", 4).isStuck, true);
    assert.equal(complete("get r|", 4, "r1", "r2").isStuck, true);
    assert.equal(complete("get r|", 4, "ra1", "ra2").isStuck, false);
  });
});

describe("candidates in columns", () => {
  it("run downwards, as wide as the widest", () => {
    assert.equal(inColumns(["a", "bb", "ccc", "d", "e"], 12), "a    d\nbb   e\nccc\n");
  });

  it("are sorted as people count", () => {
    assert.equal(inColumns(["f10", "b", "F2", "a"], 4), "a\nb\nF2\nf10\n");
  });

  it("use the width of the terminal to its end", () => {
    assert.equal(inColumns(["aaa", "bbb"], 8), "aaa  bbb\n");
    assert.equal(inColumns(["aaa", "bbb"], 7), "aaa\nbbb\n");
  });

  it("stand under each other where characters are wide", () => {
    assert.equal(inColumns(["日本", "日", "c", "z"], 12), "c     日\nz     日本\n");
  });

  it("take a row each where the terminal is narrow", () => {
    assert.equal(inColumns(["long-name-1", "long-name-2"], 5), "long-name-1\nlong-name-2\n");
  });

  it("are cut where nobody would read them", () => {
    const many = Array.from({ length: 310 }, (_, index) => `n${index}`);
    assert.match(inColumns(many, 80), /… and more\n$/);
  });
});
