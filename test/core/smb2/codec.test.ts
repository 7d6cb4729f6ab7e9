import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type BodyCodec,
  decodeBody,
  encodeBody,
  variablePart,
} from "../../../src/core/smb2/codec.ts";
import { encodeHeader, HEADER_LENGTH } from "../../../src/core/smb2/header.ts";
import { QueryInfoRequest } from "../../../src/core/smb2/query-info.ts";
import { TreeConnectRequest } from "../../../src/core/smb2/tree-connect.ts";
import { WriteRequest } from "../../../src/core/smb2/write.ts";
import { Reader } from "../../../src/core/wire/reader.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";
import { exampleHeader } from "./example-header.ts";

function body<M>(codec: BodyCodec<M>, value: M): Uint8Array {
  const w = new Writer();
  encodeHeader(w, exampleHeader);
  encodeBody(w, codec, value);
  return w.finish().slice(HEADER_LENGTH);
}

const write: WriteRequest = {
  length: 4,
  offset: 0,
  fileId: sixteen(7),
  channel: 0,
  remainingBytes: 0,
  channelInfo: new Uint8Array(0),
  flags: 0,
};

describe("the body of a message", () => {
  it("has one byte for an empty variable part, but not where a payload follows", () => {
    const query: QueryInfoRequest = {
      infoType: 1,
      fileInfoClass: 5,
      outputBufferLength: 24,
      additionalInformation: 0,
      flags: 0,
      fileId: sixteen(7),
      inputBuffer: new Uint8Array(0),
    };
    assert.equal(body(QueryInfoRequest, query).length, QueryInfoRequest.structureSize);
    assert.equal(body(WriteRequest, write).length, WriteRequest.structureSize - 1);
  });

  it("tells where the payload of a WRITE begins: behind the channel information", () => {
    assert.deepEqual(body(WriteRequest, write).subarray(2, 4), fromHex("7000"));
    const withChannel = { ...write, channelInfo: new Uint8Array(16) };
    assert.deepEqual(body(WriteRequest, withChannel).subarray(2, 4), fromHex("8000"));
    const allByRdma = { ...withChannel, length: 0 };
    assert.deepEqual(body(WriteRequest, allByRdma).subarray(2, 4), fromHex("0000"));
  });

  it("does not take a name that is too long for its length field", () => {
    assert.throws(() => body(TreeConnectRequest, { flags: 0, path: "a".repeat(32_768) }), {
      code: "ERR_SMB_UNSUPPORTED",
    });
    assert.equal(body(TreeConnectRequest, { flags: 0, path: "a".repeat(32_767) }).length, 65_542);
  });

  it("is not read where there is none", () => {
    for (const length of [0, HEADER_LENGTH, HEADER_LENGTH + 1]) {
      assert.throws(() => decodeBody(new Uint8Array(length), TreeConnectRequest), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });
});

describe("a variable part", () => {
  const r = new Reader(new Uint8Array(100), 80);

  it("lies behind the fixed part and inside the message", () => {
    assert.equal(variablePart(r, 80, 20).length, 20);
    for (const [offset, length] of [
      [79, 1],
      [0, 1],
      [80, 21],
      [100, 1],
      [0xffff_ffff, 0xffff_ffff],
    ] as const) {
      assert.throws(() => variablePart(r, offset, length), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });

  it("may have any offset where it is empty", () => {
    for (const offset of [0, 64, 100, 0xffff_ffff]) {
      assert.equal(variablePart(r, offset, 0).length, 0);
    }
  });
});
