import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Transport } from "../../../src/core/transport.ts";
import { memoryTransport } from "../../../src/transports/memory/memory-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";

describeTransport("memory", async (signal) => {
  const accepted: Transport[] = [];
  const factory = memoryTransport((server) => accepted.push(server));
  const client = await factory.dial({ host: "here" }, { signal });
  return [client, accepted[0] as Transport];
});

describe("memoryTransport", () => {
  it("is always there", () => {
    const factory = memoryTransport(() => undefined);
    assert.equal(factory.kind, "memory");
    assert.equal(factory.unavailable(), undefined);
  });
});
