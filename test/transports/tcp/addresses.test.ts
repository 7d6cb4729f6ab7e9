import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addressesOf,
  addressesWithin,
  interleaveFamilies,
  type Resolver,
  systemResolver,
} from "../../../src/transports/tcp/addresses.ts";
import { ManualClock } from "../../support/clock.ts";

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

describe("addressesWithin", () => {
  const silent = (): Promise<never> => new Promise(() => {});
  const asking = (signal: AbortSignal, resolve: Resolver, clock = new ManualClock()) => ({
    clock,
    found: addressesWithin("nas", { resolve, clock, signal, timeoutMs: 5000 }),
  });

  it("gives up on a resolver that says nothing", async () => {
    const { clock, found } = asking(new AbortController().signal, silent);
    clock.advance(5000);
    await assert.rejects(found, /the name was not resolved within 5 s/);
  });

  it("gives up when it is aborted, also before it began", async () => {
    const controller = new AbortController();
    const { found } = asking(controller.signal, silent);
    controller.abort(new Error("enough"));
    await assert.rejects(found, /enough/);
    await assert.rejects(asking(controller.signal, silent).found, /enough/);
  });

  it("leaves no timer behind", async () => {
    const { clock, found } = asking(new AbortController().signal, async () => ["192.0.2.1"]);
    assert.deepEqual(await found, ["192.0.2.1"]);
    await new Promise(setImmediate);
    assert.equal(clock.pending, 0);
  });
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
