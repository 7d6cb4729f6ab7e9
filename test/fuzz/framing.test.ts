import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { WireFormatError } from "../../src/core/errors.ts";
import { pump } from "../../src/transports/framing/byte-reader.ts";
import { FrameDecoder } from "../../src/transports/framing/frame-decoder.ts";
import { encodeFramePrefix, type LengthBits } from "../../src/transports/framing/frame-prefix.ts";
import { SessionResponseReader } from "../../src/transports/nbt/session-packets.ts";

const KEEP_ALIVE = Uint8Array.of(0x85, 0, 0, 0);

const lengthBits = fc.constantFrom<LengthBits>(24, 17);

/** Mostly small messages, and some that are larger than the decoder's scratch buffer. */
const message = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 131_071 }).map(patterned) },
);

/** Where to cut a stream: the lengths of the pieces, over and over. */
const cuts = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })),
  { minLength: 1, maxLength: 20 },
);

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
}

function* pieces(stream: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    // Runs of tiny pieces through a large stream would only cost time.
    const end = turn < 2000 ? at + length : stream.length;
    yield stream.subarray(at, end);
    at = end;
  }
}

describe("FrameDecoder, at random", () => {
  it("delivers the same messages however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        cuts,
        lengthBits,
        (messages, lengths, bits) => {
          const got: Uint8Array[] = [];
          const decoder = new FrameDecoder(
            { allocate: (length) => new Uint8Array(length), message: (bytes) => got.push(bytes) },
            { lengthBits: bits },
          );
          const stream = Buffer.concat(
            messages.flatMap((each) => [KEEP_ALIVE, encodeFramePrefix(each.length), each]),
          );
          for (const piece of pieces(stream, lengths)) pump(decoder, piece);
          assert.equal(got.length, messages.length);
          got.forEach((bytes, index) => {
            assert.ok(Buffer.from(bytes).equals(messages[index] as Uint8Array));
          });
          assert.equal(decoder.isAtBoundary, true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never allocates more than is allowed, whatever the peer sends", () => {
    const maxMessageSize = 5000;
    fc.assert(
      fc.property(hostileStream(), cuts, lengthBits, (stream, lengths, bits) => {
        const allocations: number[] = [];
        const allocate = (length: number): Uint8Array => {
          allocations.push(length);
          return new Uint8Array(length);
        };
        let delivered = 0;
        const decoder = new FrameDecoder(
          { allocate, message: (bytes) => (delivered += bytes.length) },
          { lengthBits: bits, maxMessageSize },
        );
        try {
          for (const piece of pieces(stream, lengths)) pump(decoder, piece);
        } catch (error) {
          assert.ok(error instanceof WireFormatError);
        }
        assert.ok(allocations.every((length) => length > 0 && length <= maxMessageSize));
        // What is allocated has arrived, but for one message that is under way.
        const allocated = allocations.reduce((sum, length) => sum + length, 0);
        assert.ok(allocated - delivered <= maxMessageSize);
        assert.ok(delivered <= stream.length);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Prefixes with honest, wild and false lengths between random bytes. */
function hostileStream(): fc.Arbitrary<Uint8Array> {
  const prefix = fc.integer({ min: 0, max: 0xff_ffff }).map(encodeFramePrefix);
  const small = fc.integer({ min: 0, max: 300 }).map(encodeFramePrefix);
  const bytes = fc.uint8Array({ maxLength: 300 });
  const honest = bytes.map((each) => Buffer.concat([encodeFramePrefix(each.length), each]));
  return fc
    .array(fc.oneof(honest, small, bytes, prefix), { maxLength: 10 })
    .map((parts) => Uint8Array.from(Buffer.concat(parts)));
}

describe("SessionResponseReader, at random", () => {
  it("answers or refuses, and never reads beyond ten bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        let answers = 0;
        let taken = 0;
        const reader = new SessionResponseReader(() => (answers += 1));
        try {
          while (answers === 0 && taken < bytes.length) {
            const room = reader.writable();
            assert.ok(room.length > 0 && room.length <= 6);
            room[0] = bytes[taken] ?? 0;
            taken += 1;
            reader.advance(1);
          }
        } catch (error) {
          assert.ok(error instanceof WireFormatError);
        }
        assert.ok(taken <= 10);
      }),
    );
  });
});
