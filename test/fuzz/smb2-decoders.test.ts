import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { WireFormatError } from "../../src/core/errors.ts";
import { decodeFileNotifyInformation } from "../../src/core/smb2/change-notify.ts";
import { type BodyCodec, decodeBody } from "../../src/core/smb2/codec.ts";
import {
  decodeCompressionTransform,
  decodePatternV1,
} from "../../src/core/smb2/compression-transform.ts";
import { readCreateContexts } from "../../src/core/smb2/create-contexts.ts";
import { describeMessage } from "../../src/core/smb2/describe.ts";
import { decodeDurableHandleV2 } from "../../src/core/smb2/durable-handle-context.ts";
import { decodeSymbolicLinkError, ErrorResponse } from "../../src/core/smb2/error-response.ts";
import { decodeHeader, encodeHeader, HEADER_LENGTH } from "../../src/core/smb2/header.ts";
import { decodeLease } from "../../src/core/smb2/lease-context.ts";
import {
  decodeMaximalAccess,
  decodeOnDiskId,
  decodePosixOpen,
} from "../../src/core/smb2/open-contexts.ts";
import { decodeBreakNotification } from "../../src/core/smb2/oplock-break.ts";
import { allCodecs, codecs } from "../../src/core/smb2/registry.ts";
import { decodeTransformHeader } from "../../src/core/smb2/transform-header.ts";
import { Writer } from "../../src/core/wire/writer.ts";
import { exampleHeader } from "../core/smb2/example-header.ts";
import { smb2Rows } from "../golden/smb2-rows.ts";
import { Mutator } from "./mutator.ts";

const SEED = 0x5eed_2026;

const responses = new Set<BodyCodec<unknown>>([
  ErrorResponse,
  ...[...codecs.values()].flatMap((of) => [
    ...(of.response === undefined ? [] : [of.response]),
    ...(of.otherResponses ?? []),
  ]),
]);

/** Whole messages, header and all, with the codec that understands them. */
const samples = smb2Rows.map(({ codec, bytes }) => {
  const w = new Writer();
  const command = allCodecs.find((known) => known === codec)?.command ?? 0;
  encodeHeader(w, { ...exampleHeader, command });
  return { codec, message: Uint8Array.from([...w.finish(), ...bytes]) };
});
const responseSamples = samples.filter(({ codec }) => responses.has(codec));

/** Decodes; whatever is thrown must be a WireFormatError, whatever is built must be small. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    if (error instanceof WireFormatError) return false;
    throw error;
  }
  const size = sizeOf(value, bytes.buffer);
  assert.ok(size <= 64 * bytes.length + 1024, `${bytes.length} bytes became ${size}`);
  return true;
}

/** Roughly how much memory a value takes, views of the message not counted. */
function sizeOf(value: unknown, message: ArrayBufferLike): number {
  if (typeof value === "string") return 2 * value.length + 16;
  if (value instanceof Uint8Array) return value.buffer === message ? 16 : value.length + 16;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce<number>((sum, field) => sum + sizeOf(field, message), 16);
}

function fuzz(
  count: number,
  from: readonly { readonly message: Uint8Array }[],
  each: (mutated: Uint8Array, index: number) => void,
): void {
  const mutator = new Mutator(SEED);
  for (let round = 0; round < count; round += 1) {
    const index = round % from.length;
    const other = mutator.pick(from);
    const mutated = mutator.mutate((from[index] ?? other).message, other.message);
    try {
      each(mutated, index);
    } catch (error) {
      const hex = Buffer.from(mutated).toString("hex");
      throw new Error(`seed ${SEED}, round ${round}: ${hex}`, { cause: error });
    }
  }
}

describe("mutated SMB2 messages", () => {
  it("of a server, 120,000 of them: decode or are refused", () => {
    let understood = 0;
    fuzz(120_000, responseSamples, (mutated, index) => {
      const { codec } = responseSamples[index] ?? { codec: ErrorResponse };
      // The mutation of StructureSize has its own test; here the decoder itself shall be reached.
      mutated.set([codec.structureSize], HEADER_LENGTH);
      if (survives((bytes) => decodeBody(bytes, codec), mutated)) understood += 1;
    });
    // A fuzzer that gets no message through tests the first check alone.
    assert.ok(understood > 20_000 && understood < 110_000, `${understood} were understood`);
  });

  it("of a client: decode or are refused", () => {
    fuzz(20_000, samples, (mutated, index) => {
      const { codec } = samples[index] ?? { codec: ErrorResponse };
      survives((bytes) => decodeBody(bytes, codec), mutated);
    });
  });

  it("have a header that decodes or is refused, and breaks likewise", () => {
    fuzz(20_000, samples, (mutated) => {
      survives(decodeHeader, mutated);
      survives(decodeBreakNotification, mutated);
    });
  });

  it("can always be described, in a few lines without control characters", () => {
    fuzz(10_000, samples, (mutated, index) => {
      const text = describeMessage(mutated, index % 2 === 0 ? "response" : "request");
      assert.match(text, /^[^\p{Cc}]+(\n[^\p{Cc}]+)*$/u);
      assert.ok(text.length < 64 * mutated.length + 1024);
    });
  });
});

describe("random bytes", () => {
  const decoders: readonly [string, (bytes: Uint8Array) => unknown][] = [
    ["a chain of create contexts", readCreateContexts],
    ["FILE_NOTIFY_INFORMATION", decodeFileNotifyInformation],
    ["a symbolic link error", decodeSymbolicLinkError],
    ["a lease", decodeLease],
    ["a durable handle", decodeDurableHandleV2],
    ["maximal access", decodeMaximalAccess],
    ["an on-disk id", decodeOnDiskId],
    ["a POSIX open", decodePosixOpen],
    ["a transform header", decodeTransformHeader],
    ["a compressed message", decodeCompressionTransform],
    ["a repeated byte", decodePatternV1],
    ...allCodecs.map(
      (codec) =>
        [codec.name, (bytes: Uint8Array): unknown => decodeBody(bytes, codec)] as [
          string,
          (bytes: Uint8Array) => unknown,
        ],
    ),
  ];
  // Small numbers are what offsets, lengths and counts are made of.
  const byte = fc.oneof(fc.constantFrom(0, 1, 4, 8, 16, 64, 72, 0x80, 0xff), fc.nat({ max: 0xff }));
  const bytes = fc.array(byte, { maxLength: 200 }).map((values) => Uint8Array.from(values));

  for (const [name, decode] of decoders) {
    it(`taken for ${name} decode or are refused`, () => {
      fc.assert(
        fc.property(bytes, (input) => {
          survives(decode, input);
        }),
        { seed: SEED, numRuns: 200 },
      );
    });
  }

  it("can always be described", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        assert.equal(typeof describeMessage(input, "response"), "string");
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
