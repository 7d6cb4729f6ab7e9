import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { readStream } from "../../../src/cli/transfer/stream-input.ts";

const never = new AbortController().signal;

async function text(stream: Readable, length: number, signal = never): Promise<string> {
  const buffer = Buffer.alloc(length);
  return buffer.toString("latin1", 0, await readStream(stream, buffer, signal));
}

describe("a stream that is stored", () => {
  it("is read in pieces of the wanted size, however it comes", async () => {
    const stream = Readable.from([Buffer.from("ab"), Buffer.from("cdefg"), Buffer.from("h")], {
      objectMode: false,
    });
    assert.deepEqual(
      [await text(stream, 3), await text(stream, 3), await text(stream, 3), await text(stream, 3)],
      ["abc", "def", "gh", ""],
    );
  });

  it("may be empty", async () => {
    const stream = new PassThrough();
    stream.end();
    assert.equal(await text(stream, 4), "");
    assert.equal(await text(stream, 4), "");
  });

  it("is left at once by an abort, while nobody writes", async () => {
    const stream = new PassThrough();
    const abort = new AbortController();
    stream.write("ab");
    const waiting = text(stream, 4, abort.signal);
    abort.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    assert.deepEqual([stream.listenerCount("readable"), stream.listenerCount("error")], [0, 0]);
    await assert.rejects(text(stream, 4, abort.signal), /enough/);
  });

  it("passes on what breaks it", async () => {
    const stream = new PassThrough();
    const waiting = text(stream, 4);
    stream.destroy(new Error("broken"));
    await assert.rejects(waiting, /broken/);
  });
});
