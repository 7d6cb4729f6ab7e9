import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WireFormatError } from "../../../src/core/errors.ts";
import { pump } from "../../../src/transports/framing/byte-reader.ts";
import { FrameDecoder } from "../../../src/transports/framing/frame-decoder.ts";
import {
  encodeFramePrefix,
  type LengthBits,
  maxFrameLength,
  readFramePrefix,
} from "../../../src/transports/framing/frame-prefix.ts";
import { bytesOf } from "../../compliance/transport.ts";

/** A decoder and what it gave. */
function decoder(lengthBits: LengthBits, maxMessageSize = maxFrameLength(lengthBits)) {
  const messages: Uint8Array[] = [];
  const allocated: Uint8Array[] = [];
  const reader = new FrameDecoder(
    {
      allocate: (length) => {
        allocated.push(new Uint8Array(length + 5));
        return allocated.at(-1) as Uint8Array;
      },
      message: (bytes) => messages.push(bytes),
    },
    { lengthBits, maxMessageSize },
  );
  return { reader, messages, allocated };
}

function frame(...message: number[]): Uint8Array {
  return Uint8Array.of(...encodeFramePrefix(message.length), ...message);
}

describe("FrameDecoder", () => {
  it("delivers every message of one read", () => {
    const { reader, messages } = decoder(24);
    pump(reader, Uint8Array.of(...frame(1), ...frame(2, 3), ...frame(4, 5, 6)));
    assert.deepEqual(
      messages.map((each) => [...each]),
      [[1], [2, 3], [4, 5, 6]],
    );
    assert.equal(reader.isAtBoundary, true);
  });

  it("keeps the start of a prefix for later", () => {
    const { reader, messages } = decoder(24);
    pump(reader, Uint8Array.of(...frame(1), 0, 0));
    assert.equal(reader.isAtBoundary, false);
    pump(reader, Uint8Array.of(0, 2, 8));
    assert.equal(messages.length, 1);
    assert.equal(reader.isAtBoundary, false);
    pump(reader, Uint8Array.of(9));
    assert.deepEqual([...(messages[1] ?? [])], [8, 9]);
    assert.equal(reader.isAtBoundary, true);
  });

  it("offers the memory of a large message itself, and not a byte beyond it", () => {
    const { reader, messages, allocated } = decoder(24);
    const length = 1 << 20;
    pump(reader, encodeFramePrefix(length));
    const room = reader.writable();
    assert.equal(room.buffer, allocated[0]?.buffer);
    assert.equal(room.length, length);
    room.set(bytesOf(length, 1).subarray(0, 1000));
    reader.advance(1000);
    assert.equal(reader.writable().byteOffset, 1000);
    assert.equal(reader.writable().length, length - 1000);
    pump(reader, bytesOf(length, 1).subarray(1000));
    assert.ok(Buffer.from(bytesOf(length, 1).buffer).equals(messages[0] ?? new Uint8Array()));
    assert.notEqual(reader.writable().buffer, allocated[0]?.buffer);
  });

  it("never offers an empty range", () => {
    const { reader } = decoder(24);
    for (const byte of [...frame(1, 2, 3), ...frame(4)]) {
      assert.ok(reader.writable().length > 0);
      pump(reader, Uint8Array.of(byte));
    }
  });

  for (const lengthBits of [17, 24] as const) {
    it(`ignores keep-alives between messages with lengths of ${lengthBits} bits`, () => {
      const { reader, messages } = decoder(lengthBits);
      const idle = [0x85, 0, 0, 0];
      pump(reader, Uint8Array.of(...idle, ...frame(1), ...idle, ...idle, ...frame(2), 0x85, 0));
      assert.equal(reader.isAtBoundary, false);
      pump(reader, Uint8Array.of(0, 0, ...frame(3)));
      assert.deepEqual(
        messages.map((each) => [...each]),
        [[1], [2], [3]],
      );
      assert.equal(reader.isAtBoundary, true);
    });
  }

  it("takes the extension bit of NetBIOS as part of the length", () => {
    const { reader, allocated } = decoder(17);
    pump(reader, Uint8Array.of(0, 1, 0xff, 0xff));
    assert.equal(allocated[0]?.length, 0x1_ffff + 5);
  });

  for (const [what, lengthBits, bytes, words] of [
    ["another type", 24, [0x81, 0, 0, 0], /starts with 0x81/],
    ["a second session request", 17, [0x81, 0, 0, 68], /starts with 0x81/],
    ["reserved flags", 17, [0, 2, 0, 0], /Reserved flags 0x2/],
    ["a keep-alive with a trailer", 24, [0x85, 0, 0, 4], /keep-alive packet of 4 bytes/],
    [
      "a keep-alive with a trailer over NetBIOS",
      17,
      [0x85, 0, 0, 1],
      /keep-alive packet of 1 bytes/,
    ],
    ["an empty message", 17, [0, 0, 0, 0], /without a single byte/],
    ["SMB without a prefix", 24, [0xfe, 0x53, 0x4d, 0x42], /starts with 0xfe/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const { reader, allocated } = decoder(lengthBits);
      assert.throws(
        () => pump(reader, Uint8Array.from(bytes)),
        (error) => error instanceof WireFormatError && words.test(error.message),
      );
      assert.throws(() => pump(reader, frame(1)), WireFormatError);
      assert.equal(allocated.length, 0);
    });
  }

  it("allocates nothing for a message that is too large", () => {
    const { reader, allocated } = decoder(24, 1000);
    pump(reader, frame(...bytesOf(1000, 1)));
    assert.throws(
      () => pump(reader, encodeFramePrefix(1001)),
      /1001 bytes, the most allowed is 1000/,
    );
    assert.equal(allocated.length, 1);
  });

  it("guesses at other protocols by the first bytes only", () => {
    const { reader } = decoder(24);
    pump(reader, frame(1));
    assert.throws(
      () => pump(reader, Buffer.from("HTTP/1.1 400\r\n")),
      (error) => error instanceof WireFormatError && !error.message.includes("HTTP"),
    );
  });
});

describe("encodeFramePrefix", () => {
  for (const [length, bytes] of [
    [1, [0, 0, 0, 1]],
    [0x1_ffff, [0, 1, 0xff, 0xff]],
    [0xff_ffff, [0, 0xff, 0xff, 0xff]],
  ] as const) {
    it(`writes ${length}`, () => {
      const prefix = encodeFramePrefix(length);
      assert.deepEqual([...prefix], bytes);
      assert.deepEqual(readFramePrefix(prefix, 0, 24), { type: 0, length });
    });
  }
});
