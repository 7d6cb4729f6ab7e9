import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainAttempts } from "../../src/core/dial-error.ts";

describe("explainAttempts", () => {
  it("tells the story in one line for each wire", () => {
    const text = explainAttempts([
      {
        kind: "tcp",
        address: "192.0.2.7:445",
        startedMs: 0,
        endedMs: 1030,
        outcome: "abandoned",
        reason: "nbt was faster",
      },
      {
        kind: "quic",
        address: "nas:443",
        startedMs: 1000,
        endedMs: 1000,
        outcome: "unavailable",
        reason: "needs an addon",
      },
      {
        kind: "nbt",
        address: "192.0.2.7:139",
        startedMs: 1000.04,
        connectedMs: 1002.54,
        endedMs: 1004.5,
        outcome: "connected",
      },
    ]);
    assert.deepEqual(text.split("\n"), [
      "  +0.0 ms  tcp: 192.0.2.7:445 abandoned after 1030 ms: nbt was faster",
      " +1000 ms  quic: unavailable: needs an addon",
      " +1000 ms  nbt: 192.0.2.7:139 connected after 2.5 ms, negotiated after 4.5 ms",
    ]);
  });
});
