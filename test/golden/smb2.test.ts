import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BodyCodec, decodeBody, encodeBody } from "../../src/core/smb2/codec.ts";
import { Command } from "../../src/core/smb2/constants.ts";
import { ErrorResponse } from "../../src/core/smb2/error-response.ts";
import { encodeHeader, HEADER_LENGTH } from "../../src/core/smb2/header.ts";
import { allCodecs, codecs } from "../../src/core/smb2/registry.ts";
import { Writer } from "../../src/core/wire/writer.ts";
import { smb2Rows } from "./smb2-rows.ts";

function withHeader(body: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_LENGTH + body.length);
  message.set(body, HEADER_LENGTH);
  return message;
}

function encode(codec: BodyCodec<unknown>, value: unknown): Uint8Array {
  const w = new Writer(16);
  encodeHeader(w, {
    creditCharge: 0,
    status: 0,
    command: 0,
    credits: 0,
    flags: 0,
    nextCommand: 0,
    messageId: 0,
    asyncId: 0n,
    treeId: 0,
    sessionId: 0n,
  });
  encodeBody(w, codec, value);
  return w.finish().slice(HEADER_LENGTH);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("SMB2 messages, byte by byte", () => {
  for (const row of smb2Rows) {
    const name = `${row.codec.name}: ${row.title}`;
    if (row.decodeOnly === undefined) {
      it(`${name}: encodes`, () => {
        assert.equal(hex(encode(row.codec, row.value)), hex(row.bytes));
      });
    } else {
      it(`${name}: what we send instead means the same`, () => {
        const ours = encode(row.codec, row.value);
        assert.notEqual(hex(ours), hex(row.bytes), "the row need not be decode-only");
        assert.deepStrictEqual(decodeBody(withHeader(ours), row.codec), row.value);
      });
    }
    it(`${name}: decodes`, () => {
      assert.deepStrictEqual(decodeBody(withHeader(row.bytes), row.codec), row.value);
    });
    it(`${name}: is refused when cut short`, () => {
      const slack = row.slack?.bytes ?? 0;
      for (let length = 0; length < row.bytes.length - slack; length += 1) {
        const cut = withHeader(row.bytes.subarray(0, length));
        assert.throws(
          () => decodeBody(cut, row.codec),
          { code: "ERR_SMB_WIRE_FORMAT" },
          `cut to ${length} of ${row.bytes.length} bytes`,
        );
      }
      // The slack is real: without it the message still says the same.
      const shortest = withHeader(row.bytes.subarray(0, row.bytes.length - slack));
      assert.deepStrictEqual(decodeBody(shortest, row.codec), row.value);
    });
    it(`${name}: is refused with another StructureSize`, () => {
      const wrong = withHeader(row.bytes);
      wrong[HEADER_LENGTH] = (wrong[HEADER_LENGTH] ?? 0) ^ 1;
      assert.throws(() => decodeBody(wrong, row.codec), { code: "ERR_SMB_WIRE_FORMAT" });
    });
  }
});

describe("the registry of SMB2 messages", () => {
  for (const codec of [...allCodecs, ErrorResponse]) {
    it(`has golden bytes for ${codec.name}`, () => {
      assert.ok(smb2Rows.some((row) => row.codec === codec));
    });
  }

  it("knows every command, and each codec under its own", () => {
    assert.deepEqual([...codecs.keys()].sort(byNumber), Object.values(Command).sort(byNumber));
    for (const [command, of] of codecs) {
      for (const codec of [of.request, of.response, ...(of.otherResponses ?? [])]) {
        if (codec !== undefined) assert.equal(codec.command, command, codec.name);
      }
    }
  });

  it("gives every codec a name of its own", () => {
    assert.equal(new Set(allCodecs.map((codec) => codec.name)).size, allCodecs.length);
  });
});

function byNumber(a: number, b: number): number {
  return a - b;
}
