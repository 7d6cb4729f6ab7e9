import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeResumeKey,
  encodeAllocatedRange,
  encodeResumeKey,
  encodeSetSparse,
  encodeZeroData,
} from "../../../src/core/fscc/fsctl.ts";
import {
  decodeNetworkInterfaceInfo,
  encodeNetworkInterfaceInfo,
} from "../../../src/core/fscc/network-interface-info.ts";
import { fromHex, toHex } from "../../support/hex.ts";

describe("what control codes take", () => {
  it("is a range to ask about", () => {
    const bytes = encodeAllocatedRange({ offset: 1, length: 2 ** 33 });
    assert.equal(toHex(bytes), "01000000000000000000000002000000");
  });

  it("is a range to make zero", () => {
    assert.equal(toHex(encodeZeroData(4096, 8192)), "00100000000000000020000000000000");
  });

  it("is whether a file is sparse", () => {
    assert.equal(toHex(encodeSetSparse(true)), "01");
    assert.equal(toHex(encodeSetSparse(false)), "00");
  });
});

describe("a resume key", () => {
  it("is bytes of its own, not a view of the message", () => {
    const message = encodeResumeKey(new Uint8Array(24).fill(7));
    const key = decodeResumeKey(message);
    message.fill(0);
    assert.deepEqual(key, new Uint8Array(24).fill(7));
  });
});

/** The text in which one IPv6 address comes out. */
function ipv6(hex: string): string | undefined {
  const common = { interfaceIndex: 1, capability: 0, linkSpeed: 1, scopeId: 0 };
  const bytes = encodeNetworkInterfaceInfo([{ ...common, address: fromHex(hex) }]);
  return decodeNetworkInterfaceInfo(bytes)[0]?.address;
}

describe("the addresses of a server", () => {
  const texts: readonly [hex: string, text: string][] = [
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000000000000000000000", "2001:db8::"],
    ["20010db8000000010000000000000001", "2001:db8:0:1::1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010db8000100010001000000010001", "2001:db8:1:1:1:0:1:1"],
    ["00010000000000000002000000000003", "1::2:0:0:3"],
    ["00100000000000000010000000000000", "10::10:0:0:0"],
    ["fe800000000000000a00274fffabcdef", "fe80::a00:274f:ffab:cdef"],
  ];
  for (const [hex, text] of texts) {
    it(`are written as RFC 5952 says: ${text}`, () => {
      assert.equal(ipv6(hex), text);
    });
  }

  it("come back in order", () => {
    const entry = { interfaceIndex: 3, capability: 3, linkSpeed: 100_000_000_000, scopeId: 0 };
    const bytes = encodeNetworkInterfaceInfo([
      { ...entry, address: fromHex("0a000001") },
      { ...entry, interfaceIndex: 4, address: fromHex("0a000002") },
    ]);
    assert.equal(bytes.length, 304);
    assert.deepEqual(
      decodeNetworkInterfaceInfo(bytes).map(({ address, interfaceIndex }) => [
        address,
        interfaceIndex,
      ]),
      [
        ["10.0.0.1", 3],
        ["10.0.0.2", 4],
      ],
    );
  });

  it("end where the chain leads back or outside", () => {
    const entry = { interfaceIndex: 3, capability: 0, linkSpeed: 1, scopeId: 0 };
    const address = fromHex("0a000001");
    for (const next of ["01000000", "97000000", "ffffffff"]) {
      const bytes = encodeNetworkInterfaceInfo([
        { ...entry, address },
        { ...entry, address },
      ]);
      bytes.set(fromHex(next));
      assert.equal(decodeNetworkInterfaceInfo(bytes).length, 1, next);
    }
  });
});
