import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Contiguous } from "../../../src/cli/transfer/contiguous.ts";
import { InOrder } from "../../../src/cli/transfer/in-order.ts";

describe("InOrder", () => {
  it("puts chunks in order, whatever order they come in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .nat(20)
          .chain((count) =>
            fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
          ),
        async (order) => {
          const never = new AbortController().signal;
          const put: number[] = [];
          const sink = new InOrder(100, async (data) => {
            await Promise.resolve();
            put.push(data[0] ?? -1);
          });
          await Promise.all(
            order.map((index) => sink.write(Uint8Array.of(index), 100 + index, never)),
          );
          assert.deepEqual(
            put,
            order.map((_, index) => index),
          );
        },
      ),
    );
  });

  it("lets nobody wait for a chunk that will not come", async () => {
    const controller = new AbortController();
    const sink = new InOrder(0, async () => {});
    const early = sink.write(Uint8Array.of(1), 1, controller.signal);
    const reason = new Error("the first chunk failed");
    controller.abort(reason);
    await assert.rejects(early, reason);
    await assert.rejects(sink.write(Uint8Array.of(2), 2, controller.signal), reason);
  });
});

describe("Contiguous", () => {
  it("knows where the first gap is", () => {
    const arrived = new Contiguous(10);
    arrived.add(20, 5);
    assert.equal(arrived.end, 10);
    arrived.add(10, 10);
    assert.equal(arrived.end, 25);
  });
});
