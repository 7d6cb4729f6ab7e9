import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  DerReader,
  DerTag,
  decodeOid,
  derContent,
  encodeDer,
  encodeOid,
} from "../../../src/core/auth/der.ts";
import { WireFormatError } from "../../../src/core/errors.ts";
import { fromHex, toHex } from "../../support/hex.ts";

describe("DER", () => {
  it("encodes lengths of every form", () => {
    const element = (length: number) => encodeDer(DerTag.OCTET_STRING, new Uint8Array(length));
    assert.equal(toHex(element(0)), "0400");
    assert.equal(toHex(element(127).subarray(0, 2)), "047f");
    assert.equal(toHex(element(128).subarray(0, 3)), "048180");
    assert.equal(toHex(element(256).subarray(0, 4)), "04820100");
    assert.equal(toHex(element(65_536).subarray(0, 5)), "0483010000");
  });

  it("reads back what it wrote, whatever the length", () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const content = new Uint8Array(length).fill(5);
      const bytes = encodeDer(DerTag.SEQUENCE, content.subarray(0, 1), content.subarray(1));
      assert.deepEqual(derContent(bytes, DerTag.SEQUENCE), content);
    }
  });

  for (const [name, bytes] of [
    ["no bytes", ""],
    ["no length", "04"],
    ["an indefinite length", "30800000"],
    ["a length of five bytes", "04850000000001aa"],
    ["a length that ends too early", "048201"],
    ["a length beyond the bytes", "0402aa"],
    ["a length of 4 GiB", "0484ffffffffaa"],
    ["a tag above 30", "1f8100"],
    ["bytes after the element", "0401aabb"],
    ["another tag", "0501aa"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => derContent(fromHex(bytes), DerTag.OCTET_STRING), WireFormatError);
    });
  }

  it("walks several elements and gives the bytes of each", () => {
    const reader = new DerReader(fromHex("0401aa 0a0103"));
    assert.equal(toHex(reader.next().bytes), "0401aa");
    assert.equal(reader.isAtEnd, false);
    assert.equal(toHex(reader.expect(DerTag.ENUMERATED)), "03");
    assert.equal(reader.isAtEnd, true);
  });

  it("meets arbitrary bytes with nothing but a WireFormatError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const reader = new DerReader(bytes);
        try {
          while (!reader.isAtEnd) assert.ok(reader.next().bytes.length >= 2);
        } catch (error) {
          assert.ok(error instanceof WireFormatError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("object identifiers", () => {
  for (const [dotted, bytes] of [
    ["1.3.6.1.5.5.2", "06062b0601050502"],
    ["1.3.6.1.4.1.311.2.2.10", "060a2b06010401823702020a"],
    ["1.2.840.113554.1.2.2", "06092a864886f712010202"],
    ["1.2.840.48018.1.2.2", "06092a864882f712010202"],
    ["2.5.29.15", "0603551d0f"],
    ["0.9", "060109"],
  ] as const) {
    it(`encodes and decodes ${dotted}`, () => {
      assert.equal(toHex(encodeOid(dotted)), bytes);
      assert.equal(decodeOid(fromHex(bytes).subarray(2)), dotted);
    });
  }

  it("refuses those that end too early", () => {
    assert.throws(() => decodeOid(new Uint8Array(0)), WireFormatError);
    assert.throws(() => decodeOid(fromHex("2a86")), WireFormatError);
  });

  it("takes numbers of any size, which then equal none that we know", () => {
    const uuid = Uint8Array.of(0x69, ...new Array<number>(18).fill(0xff), 0x7f);
    assert.match(decodeOid(uuid), /^2\.25\./);
  });
});
