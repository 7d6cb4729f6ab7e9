import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  cursorRowAfterResize,
  type Frame,
  lineFrame,
  rowWidth,
} from "../../../src/cli/shell/terminal/line-layout.ts";
import { line, type } from "./typing.ts";

const PROMPT = "smb: \\> ";

function rows({ rows: all }: Frame): string[] {
  return all.map((row) => row.map((span) => span.text).join(""));
}

function frame(text: string, columns: number, height = 24): Frame {
  return lineFrame(PROMPT, line(text), { columns, rows: height });
}

describe("the frame of a line", () => {
  it("is the prompt and the text, the cursor in it", () => {
    assert.deepEqual(rows(frame("ls a|b", 80)), ["smb: \\> ls ab"]);
    assert.deepEqual(frame("ls a|b", 80).cursor, { x: 12, y: 0 });
  });

  it("goes on in the next row where the terminal ends", () => {
    assert.deepEqual(rows(frame("0123456789|", 12)), ["smb: \\> 0123", "456789"]);
    assert.deepEqual(frame("0123456789|", 12).cursor, { x: 6, y: 1 });
  });

  it("has the cursor in a new row when the last one is full", () => {
    assert.deepEqual(rows(frame("0123|", 12)), ["smb: \\> 0123", ""]);
    assert.deepEqual(frame("0123|", 12).cursor, { x: 0, y: 1 });
    assert.deepEqual(rows(frame("|0123", 12)), ["smb: \\> 0123"]);
  });

  it("counts columns, not characters", () => {
    assert.deepEqual(frame("日本|", 80).cursor, { x: 12, y: 0 });
    assert.deepEqual(frame("e\u0301|", 80).cursor, { x: 9, y: 0 });
    // A wide character does not fit in one column: it stays whole in the next row.
    assert.deepEqual(rows(frame("012日|", 12)), ["smb: \\> 012", "日"]);
  });

  it("shows what a terminal would obey", () => {
    assert.deepEqual(rows(frame("a\u202eb|", 80)), ["smb: \\> a\\u202eb"]);
    assert.deepEqual(frame("a\u202eb|", 80).cursor, { x: 16, y: 0 });
  });

  it("shows the rows around the cursor where the terminal is not high enough", () => {
    const text = "0123456789".repeat(10);
    const high = lineFrame("", line(`${text}|`), { columns: 10, rows: 6 });
    assert.equal(high.rows.length, 4);
    assert.deepEqual(high.cursor, { x: 0, y: 3 });
    const start = lineFrame("", line(`|${text}`), { columns: 10, rows: 6 });
    assert.equal(start.rows.length, 4);
    assert.deepEqual(start.cursor, { x: 0, y: 0 });
  });

  it("shows a search and its match", () => {
    const { state } = type(line("|", ["get beta"]), "ctrl-r", "'eta'");
    const { rows: shown, cursor } = lineFrame(PROMPT, state, { columns: 80, rows: 24 });
    assert.deepEqual(shown[0], [
      { text: "(reverse-i-search)`eta': ", style: "search" },
      { text: "get b", style: "input" },
      { text: "eta", style: "match" },
    ]);
    assert.deepEqual(cursor, { x: 30, y: 0 });
  });

  it("fits, and has the cursor inside", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "日", "e\u0301", " ", "👍🏽") });
    const size = fc.record({
      columns: fc.integer({ min: 4, max: 40 }),
      rows: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(text, text, size, (before, after, terminal) => {
        const made = lineFrame(PROMPT, line(`${before}|${after}`), terminal);
        assert.ok(made.rows.length <= Math.max(1, terminal.rows - 2));
        for (const row of made.rows) assert.ok(rowWidth(row) <= terminal.columns);
        assert.ok(made.cursor !== undefined && made.cursor.y < made.rows.length);
        assert.ok(made.cursor.x < terminal.columns);
      }),
    );
  });
});

describe("the row of the cursor after a resize", () => {
  it("counts the rows that the terminal has broken", () => {
    const wide = frame("0123456789012345678901234567890123456789|", 80);
    assert.equal(cursorRowAfterResize(wide, 80), 0);
    assert.equal(cursorRowAfterResize(wide, 30), 1);
    assert.equal(cursorRowAfterResize(wide, 12), 4);
    const wrapped = frame("0123456789|", 12);
    assert.equal(cursorRowAfterResize(wrapped, 12), 1);
    assert.equal(cursorRowAfterResize(wrapped, 80), 1);
    assert.equal(cursorRowAfterResize(wrapped, 6), 3);
  });
});
