import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addressesOf,
  interleaveFamilies,
  systemResolver,
} from "../../../src/transports/tcp/addresses.ts";

describe("interleaveFamilies", () => {
  for (const [given, expected] of [
    [[], []],
    [["192.0.2.1"], ["192.0.2.1"]],
    [
      ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"],
      ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"],
    ],
    [
      ["192.0.2.1", "2001:db8::1", "192.0.2.1"],
      ["192.0.2.1", "2001:db8::1"],
    ],
  ] as const) {
    it(`orders ${given.join(" ") || "nothing"}`, () => {
      assert.deepEqual(interleaveFamilies(given), expected);
    });
  }
});

describe("addressesOf", () => {
  const unasked = (): Promise<never> => Promise.reject(new Error("asked"));

  for (const address of ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"]) {
    it(`takes ${address} as it is`, async () => {
      assert.deepEqual(await addressesOf(address, unasked), [address]);
    });
  }

  it("asks the system for names", async () => {
    const found = await addressesOf("localhost", systemResolver);
    assert.ok(found.includes("127.0.0.1") || found.includes("::1"));
  });
});
