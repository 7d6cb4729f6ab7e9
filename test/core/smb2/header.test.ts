import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { decodeHeader, encodeHeader, type Smb2Header } from "../../../src/core/smb2/header.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { fromHex } from "../../golden/golden-row.ts";
import { exampleHeader } from "./example-header.ts";

function encode(header: Smb2Header): Uint8Array {
  const w = new Writer(8);
  encodeHeader(w, header);
  return w.finish().slice();
}

// [MS-SMB2] 2.2.1.2, field by field.
const SYNC = fromHex(`fe534d42 4000 1000 00000000 0800 2000 08000000 00000000
  0500000000010000 00000000 0100edfe 1122334455667788 00000000000000000000000000000000`);

// [MS-SMB2] 2.2.1.1: AsyncId instead of Reserved and TreeId.
const ASYNC = fromHex(`fe534d42 4000 0000 03010000 0f00 0100 03000000 00000000
  ffffffffffffffff 08090a0b0c0d0e0f 1122334455667788 00000000000000000000000000000000`);
const asyncHeader: Smb2Header = {
  ...exampleHeader,
  creditCharge: 0,
  status: 0x103,
  command: 0x0f,
  credits: 1,
  flags: HeaderFlags.ASYNC_COMMAND | HeaderFlags.SERVER_TO_REDIR,
  messageId: -1,
  asyncId: 0x0f0e_0d0c_0b0a_0908n,
  treeId: 0,
};

describe("the SMB2 header", () => {
  it("encodes to the specification's layout", () => {
    assert.deepEqual(encode(exampleHeader), SYNC);
    assert.deepEqual(encode(asyncHeader), ASYNC);
  });

  it("decodes", () => {
    assert.deepEqual(decodeHeader(SYNC), exampleHeader);
    assert.deepEqual(decodeHeader(ASYNC), asyncHeader);
  });

  it("tells 0xFFFFFFFFFFFFFFFF, the id of an unsolicited break, as -1", () => {
    assert.equal(decodeHeader(ASYNC).messageId, -1);
  });

  it("takes message ids up to the largest safe number, and none above", () => {
    const message = SYNC.slice();
    message.set(fromHex("ffffffffffff1f00"), 24);
    assert.equal(decodeHeader(message).messageId, Number.MAX_SAFE_INTEGER);
    message.set(fromHex("0000000000002000"), 24);
    assert.throws(() => decodeHeader(message), { code: "ERR_SMB_WIRE_FORMAT" });
    message.set(fromHex("feffffffffffffff"), 24);
    assert.throws(() => decodeHeader(message), { code: "ERR_SMB_WIRE_FORMAT" });
  });

  it("ignores the signature", () => {
    const signed = SYNC.slice();
    signed.fill(0xaa, 48, 64);
    assert.deepEqual(decodeHeader(signed), exampleHeader);
  });

  it("is refused when cut short, or with another id or size", () => {
    for (let length = 0; length < 64; length += 1) {
      assert.throws(() => decodeHeader(SYNC.subarray(0, length)), { code: "ERR_SMB_WIRE_FORMAT" });
    }
    for (const at of [0, 3, 4, 5]) {
      const wrong = SYNC.slice();
      wrong[at] = 0x99;
      assert.throws(() => decodeHeader(wrong), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });
});
