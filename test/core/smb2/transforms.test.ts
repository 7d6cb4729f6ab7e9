import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CompressionTransform,
  decodeCompressionTransform,
  decodePatternV1,
  encodeCompressionTransform,
  encodePatternV1,
} from "../../../src/core/smb2/compression-transform.ts";
import {
  decodeTransformHeader,
  encodeTransformHeader,
  TRANSFORM_AAD_OFFSET,
} from "../../../src/core/smb2/transform-header.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";

function refusesEveryCut(bytes: Uint8Array, decode: (cut: Uint8Array) => unknown, slack = 0): void {
  for (let length = 0; length < bytes.length - slack; length += 1) {
    assert.throws(() => decode(bytes.subarray(0, length)), { code: "ERR_SMB_WIRE_FORMAT" });
  }
}

describe("SMB2 TRANSFORM_HEADER", () => {
  // [MS-SMB2] 2.2.41
  const bytes = fromHex(`fd534d42 ${"0a".repeat(16)} ${"0b".repeat(16)}
    68000000 0000 0100 8877665544332211`);
  const header = {
    signature: sixteen(10),
    nonce: sixteen(11),
    originalMessageSize: 104,
    flags: 1,
    sessionId: 0x1122_3344_5566_7788n,
  };

  it("encodes and decodes", () => {
    assert.deepEqual(encodeTransformHeader(header), bytes);
    assert.deepEqual(decodeTransformHeader(bytes), header);
  });

  it("has its authenticated data begin at the nonce", () => {
    assert.deepEqual(bytes.subarray(TRANSFORM_AAD_OFFSET, TRANSFORM_AAD_OFFSET + 16), sixteen(11));
  });

  it("is refused when cut short or of another protocol", () => {
    refusesEveryCut(bytes, decodeTransformHeader);
    const plain = bytes.slice();
    plain[0] = 0xfe;
    assert.throws(() => decodeTransformHeader(plain), { code: "ERR_SMB_WIRE_FORMAT" });
  });
});

describe("SMB2 COMPRESSION_TRANSFORM_HEADER", () => {
  // [MS-SMB2] 2.2.42.1
  const unchainedBytes = fromHex("fc534d42 00100000 0200 0000 03000000 aabbcc 010203");
  const unchained: CompressionTransform = {
    kind: "unchained",
    originalCompressedSegmentSize: 4096,
    compressionAlgorithm: 2,
    uncompressed: fromHex("aabbcc"),
    compressed: fromHex("010203"),
  };
  // [MS-SMB2] 2.2.42.2 and 2.2.42.2.1
  const chainedBytes = fromHex(`fc534d42 0b100000
    0000 0100 03000000 aabbcc
    0300 0000 06000000 00100000 0102
    0400 0000 08000000 20000000 08000000`);
  const chained: CompressionTransform = {
    kind: "chained",
    originalCompressedSegmentSize: 4107,
    payloads: [
      { compressionAlgorithm: 0, payload: fromHex("aabbcc") },
      { compressionAlgorithm: 3, originalPayloadSize: 4096, payload: fromHex("0102") },
      { compressionAlgorithm: 4, payload: fromHex("20000000 08000000") },
    ],
  };

  it("encodes and decodes in both forms", () => {
    assert.deepEqual(encodeCompressionTransform(unchained), unchainedBytes);
    assert.deepEqual(decodeCompressionTransform(unchainedBytes), unchained);
    assert.deepEqual(encodeCompressionTransform(chained), chainedBytes);
    assert.deepEqual(decodeCompressionTransform(chainedBytes), chained);
  });

  it("is refused when cut short", () => {
    // Where the compressed bytes end is not told: only the decompressor can miss some.
    refusesEveryCut(unchainedBytes, decodeCompressionTransform, 3);
    // A chain may end behind any payload, at 19 and 33; within one it may not.
    for (const [from, to] of [
      [0, 19],
      [20, 33],
      [34, 49],
    ] as const) {
      for (let length = from; length < to; length += 1) {
        assert.throws(() => decodeCompressionTransform(chainedBytes.subarray(0, length)), {
          code: "ERR_SMB_WIRE_FORMAT",
        });
      }
    }
  });

  it("is refused with flags that do not exist, or a payload shorter than its size field", () => {
    for (const hex of [
      "fc534d42 00100000 0200 0200 00000000",
      "fc534d42 00100000 0200 0100 03000000 00100000",
      "fe534d42 00100000 0200 0000 00000000",
    ]) {
      assert.throws(() => decodeCompressionTransform(fromHex(hex)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("tells a repeated byte", () => {
    const bytes = fromHex("20 00 0000 08000000");
    assert.deepEqual(encodePatternV1({ pattern: 0x20, repetitions: 8 }), bytes);
    assert.deepEqual(decodePatternV1(bytes), { pattern: 0x20, repetitions: 8 });
    for (const length of [0, 7, 9]) {
      assert.throws(() => decodePatternV1(new Uint8Array(length)), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });
});
