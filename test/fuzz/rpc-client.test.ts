import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SmbError } from "../../src/core/errors.ts";
import { enumerateShares, SRVSVC } from "../../src/core/rpc/interfaces/srvsvc.ts";
import { NetrShareEnum1 } from "../../src/core/rpc/interfaces/srvsvc-operations.ts";
import { encodeNdr } from "../../src/core/rpc/ndr.ts";
import { RpcClient } from "../../src/core/rpc/rpc-client.ts";
import { FakePipe, responsePdus } from "../core/rpc/fake-pipe.ts";

const SEED = 0x5eed_2026;

const stub = encodeNdr(NetrShareEnum1.response, {
  info: {
    level: 1,
    tag: 1,
    container: {
      count: 2,
      entries: [
        { name: "pub", type: 0, remark: "a comment" },
        { name: "IPC$", type: 0x8000_0003, remark: "" },
      ],
    },
  },
  totalEntries: 2,
  resumeHandle: 0,
  result: 0,
});

const change = fc.record({ at: fc.nat(), value: fc.oneof(fc.constant(0xff), fc.nat(255)) });
const answer = fc.record({
  fragment: fc.integer({ min: 20, max: 200 }),
  chunk: fc.integer({ min: 5, max: 300 }),
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
});

describe("a share list of a hostile server", () => {
  it("comes, or is refused with an error of ours, in few reads", async () => {
    let came = 0;
    await fc.assert(
      fc.asyncProperty(answer, async ({ fragment, chunk, changes }) => {
        const pipe = new FakePipe(
          ({ callId }) => {
            const pdus = responsePdus(callId, stub, fragment);
            for (const { at, value } of changes) {
              const pdu = pdus[at % pdus.length];
              if (pdu !== undefined) pdu[at % pdu.length] = value;
            }
            return pdus;
          },
          { chunk },
        );
        const rpc = await RpcClient.bind(pipe, SRVSVC);
        try {
          const shares = await enumerateShares(rpc, "\\\\server");
          assert.ok(shares.length <= 100);
          came += 1;
        } catch (error) {
          if (!(error instanceof SmbError)) throw error;
        }
        // Three levels, each in reads of five bytes at the least.
        assert.ok(pipe.operations < 600, `${pipe.operations} operations`);
      }),
      { seed: SEED, numRuns: 2000 },
    );
    assert.ok(came > 100 && came < 1900, `${came} came`);
  });
});
