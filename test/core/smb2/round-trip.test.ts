import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeBody, encodeBody } from "../../../src/core/smb2/codec.ts";
import { ErrorResponse } from "../../../src/core/smb2/error-response.ts";
import { encodeHeader } from "../../../src/core/smb2/header.ts";
import { allCodecs } from "../../../src/core/smb2/registry.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { exampleHeader } from "./example-header.ts";
import { messageArbitraries } from "./message-arbitraries.ts";

describe("a message that is encoded and decoded", () => {
  for (const { codec, values } of messageArbitraries) {
    it(`is the same again: ${codec.name}`, () => {
      fc.assert(
        fc.property(values, (value) => {
          const w = new Writer(64);
          encodeHeader(w, exampleHeader);
          encodeBody(w, codec, value);
          assert.deepEqual(plain(decodeBody(w.finish(), codec)), plain(value));
        }),
        { numRuns: 100 },
      );
    });

    it(`is the same again behind another message of a compound: ${codec.name}`, () => {
      fc.assert(
        fc.property(values, fc.integer({ min: 1, max: 40 }), (value, eights) => {
          const before = 64 + eights * 8;
          const w = new Writer(16).begin(before);
          encodeHeader(w, exampleHeader);
          encodeBody(w, codec, value);
          assert.deepEqual(plain(decodeBody(w.finish().slice(before), codec)), plain(value));
        }),
        { numRuns: 20 },
      );
    });
  }

  it("is tried for every codec", () => {
    const tried = new Set(messageArbitraries.map(({ codec }) => codec));
    const missing = [...allCodecs, ErrorResponse].filter((codec) => !tried.has(codec));
    assert.deepEqual(
      missing.map((codec) => codec.name),
      [],
    );
  });
});

/** fast-check's records have no prototype; that is no difference here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
