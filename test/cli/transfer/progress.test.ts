import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { createProgress, silentProgress } from "../../../src/cli/transfer/progress.ts";
import { BarProgress } from "../../../src/cli/transfer/progress-bars.ts";
import { formatBytes, formatDuration } from "../../../src/cli/transfer/quantities.ts";

/** A terminal that keeps what it is sent. */
function terminal() {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      written.push(String(chunk));
      callback();
    },
  });
  const asTerminal = Object.assign(stream, {
    isTTY: true,
    columns: 120,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  }) as unknown as NodeJS.WriteStream;
  return { asTerminal, text: () => written.join("") };
}

describe("progress", () => {
  it("is silent where standard error is no terminal", async () => {
    assert.equal(await createProgress({ isErrTerminal: false }), silentProgress);
  });

  it("draws nothing for what is over at once", () => {
    const { asTerminal, text } = terminal();
    const progress = new BarProgress(asTerminal, () => 100);
    const file = progress.begin("f", 10);
    file.advance(10);
    file.done();
    progress.end();
    assert.equal(text(), "");
  });

  it("leaves the screen to a question", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(asTerminal, () => now);
    const file = progress.begin("f", 10);
    const release = progress.hold();
    now = 1000;
    file.advance(1);
    assert.equal(text(), "");
    release();
    file.advance(1);
    assert.match(text(), /2 B of 10 B/);
    progress.end();
  });

  it("counts on what is expected as soon as that is known", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(asTerminal, () => now);
    const file = progress.begin("f", undefined);
    file.expect(100);
    now = 1000;
    file.advance(25);
    assert.match(text(), /25% 25 B of 100 B/);
    progress.end();
  });

  it("shows bytes, rate, files and failures, and gives the cursor back", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(asTerminal, () => now);
    const first = progress.begin("first", 3 << 20);
    now = 1000;
    first.advance(1 << 20);
    const second = progress.begin("dir\\evil\u001b[2J", 1 << 20);
    second.failed(new Error("no"));
    first.advance(2 << 20);
    first.done();
    progress.end();
    progress.end();
    assert.match(text(), /1\.0 MiB of 3\.0 MiB 1\.0 MiB\/s 0:02/);
    assert.equal(text().includes("\u001b[?25h"), true);
    assert.equal(text().includes("\u001b[2J"), false);
  });
});

describe("quantities", () => {
  it("are short", () => {
    const rows: [number, string][] = [
      [0, "0 B"],
      [999, "999 B"],
      [1000, "1.0 KiB"],
      [1536, "1.5 KiB"],
      [150 * 1024, "150 KiB"],
      [1 << 30, "1.0 GiB"],
    ];
    for (const [bytes, text] of rows) assert.equal(formatBytes(bytes), text);
    assert.equal(formatDuration(3), "0:03");
    assert.equal(formatDuration(3723), "1:02:03");
    assert.equal(formatDuration(59.2), "1:00");
  });
});
