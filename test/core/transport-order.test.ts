import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  defaultOrder,
  formatTransportOrder,
  parseTransportOrder,
} from "../../src/core/transport-order.ts";

describe("parseTransportOrder", () => {
  for (const [text, expected] of [
    ["tcp", "tcp"],
    ["TCP, Nbt", "tcp, nbt"],
    ["tcp,quic,nbt", "tcp, quic, nbt"],
    ["  tcp \t quic,, nbt , ", "tcp, quic, nbt"],
    ["smbdirect", "smbdirect"],
    ["tcp:1445", "tcp:1445"],
    ["8000, nbt:1139", "tcp:8000, nbt:1139"],
    ["445", "tcp"],
    ["139", "nbt"],
    ["tcp:445, quic:443, nbt:139", "tcp, quic, nbt"],
    ["tcp, quic, tcp, tcp:1445, tcp:445", "tcp, quic, tcp:1445"],
    ["+nbt", "tcp, quic, nbt"],
    ["+quic", "tcp, quic"],
    ["+quic:1443", "tcp, quic, quic:1443"],
    ["-quic", "tcp"],
    ["-quic +nbt:1139", "tcp, nbt:1139"],
    ["-quic:1443", "tcp, quic"],
    ["+139", "tcp, quic, nbt"],
    [
      "1,2,3,4,5,6,7,8,9,10",
      "tcp:1, tcp:2, tcp:3, tcp:4, tcp:5, tcp:6, tcp:7, tcp:8, tcp:9, tcp:10",
    ],
  ] as const) {
    it(`reads "${text}"`, () => {
      const order = parseTransportOrder(text);
      assert.equal(formatTransportOrder(order), expected);
      assert.deepEqual(parseTransportOrder(formatTransportOrder(order)), order);
    });
  }

  it("changes the list that it is given", () => {
    assert.deepEqual(parseTransportOrder("+tcp", [{ kind: "nbt" }]), [
      { kind: "nbt" },
      { kind: "tcp" },
    ]);
    assert.deepEqual(defaultOrder, [{ kind: "tcp" }, { kind: "quic" }]);
  });

  for (const [text, words] of [
    ["", /No transport named/],
    [" , ", /No transport named/],
    ["tcp, ipx", /"ipx" is not a transport/],
    ["memory", /"memory" is not a transport/],
    ["constructor", /"constructor" is not a transport/],
    ["tcp:", /"tcp:" is not a transport/],
    ["tcp:x", /"tcp:x" is not a transport/],
    ["tcp:1:2", /"tcp:1:2" is not a transport/],
    [":445", /":445" is not a transport/],
    ["tcp445", /"tcp445" is not a transport/],
    ["+", /"" is not a transport/],
    ["0", /"0": a port is a number from 1 to 65535/],
    ["tcp:65536", /"tcp:65536": a port/],
    ["tcp, +quic", /"\+quic": a list has either/],
    ["+nbt, quic", /"quic": a list has either/],
    ["-tcp -quic", /No transport is left after "-tcp -quic"/],
    ["1,2,3,4,5,6,7,8,9,10,11", /More than 10 transports/],
  ] as const) {
    it(`refuses "${text}"`, () => {
      assert.throws(
        () => parseTransportOrder(text),
        (error) => error instanceof RangeError && words.test(error.message),
      );
    });
  }
});
