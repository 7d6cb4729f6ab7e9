import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSameNetwork, parseEndpoint, scopeOf } from "../../../src/core/multichannel/addresses.ts";

describe("addresses", () => {
  const endpoints: readonly [string, string, number | undefined][] = [
    ["192.0.2.1:445", "192.0.2.1", 445],
    ["[2001:DB8::1]:4450", "2001:db8::1", 4450],
    ["[::ffff:192.0.2.1]:445", "192.0.2.1", 445],
    ["[fe80::1%eth0]:445", "fe80::1%eth0", 445],
    ["memory", "memory", undefined],
  ];
  for (const [endpoint, address, port] of endpoints) {
    it(`takes ${endpoint} apart`, () => {
      assert.deepEqual(parseEndpoint(endpoint), { address, port });
    });
  }

  const networks: readonly [string, string, number, boolean][] = [
    ["10.0.0.1", "10.0.0.200", 24, true],
    ["10.0.0.1", "10.0.1.1", 24, false],
    ["10.0.0.1", "10.0.1.1", 23, true],
    ["10.0.0.129", "10.0.0.1", 25, false],
    ["10.0.0.1", "172.16.0.1", 0, true],
    ["fd00::1", "fd00::ffff:1", 64, true],
    ["fd00::1", "fd00:0:0:1::1", 64, false],
    ["fd00::1", "10.0.0.1", 0, false],
    ["nonsense", "10.0.0.1", 8, false],
  ];
  for (const [a, b, length, isSame] of networks) {
    it(`${a} and ${b} ${isSame ? "share" : "do not share"} ${length} bits`, () => {
      assert.equal(isSameNetwork(a, b, length), isSame);
    });
  }

  it("knows what leads nowhere, to this machine, or only with a zone", () => {
    assert.deepEqual(["::", "0.0.0.0"].map(scopeOf), ["none", "none"]);
    assert.deepEqual(["::1", "127.0.0.53"].map(scopeOf), ["loopback", "loopback"]);
    assert.deepEqual(["fe80::1", "169.254.1.1"].map(scopeOf), ["link-local", "link-local"]);
    assert.deepEqual(["fd00::1", "10.0.0.1"].map(scopeOf), ["routable", "routable"]);
  });
});
