import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAhead } from "../../../src/cli/transfer/read-ahead.ts";

const nothing = { onItem() {}, onEnd() {} };

describe("reading ahead", () => {
  it("keeps the order, and reads no more than it may hold", async () => {
    let read = 0;
    function* source(): Generator<number> {
      for (let index = 0; index < 1000; index += 1) {
        read += 1;
        yield index;
      }
    }
    const taken: number[] = [];
    let ended = 0;
    const options = { limit: 10, onItem() {}, onEnd: () => (ended += 1) };
    for await (const item of readAhead(source(), options)) {
      taken.push(item);
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(read - taken.length <= 2 * options.limit, `${read} ${taken.length}`);
    }
    assert.deepEqual(
      taken,
      Array.from({ length: 1000 }, (_, index) => index),
    );
    assert.equal(ended, 1);
  });

  it("passes a failure on behind what was read before it", async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      throw new Error("the listing broke");
    }
    const taken: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const item of readAhead(source(), { limit: 9, ...nothing })) taken.push(item);
    };
    await assert.rejects(reading(), /the listing broke/);
    assert.deepEqual(taken, [1, 2]);
  });

  it("closes the source when nobody takes any more", async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let index = 0; ; index += 1) yield index;
      } finally {
        isClosed = true;
      }
    }
    for await (const item of readAhead(source(), { limit: 5, ...nothing })) if (item > 20) break;
    assert.equal(isClosed, true);
  });
});
