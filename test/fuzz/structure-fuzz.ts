import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { WireFormatError } from "../../src/core/errors.ts";
import type { StructureRow } from "../golden/structure-row.ts";

const SEED = 0x5eed_2026;

/** Roughly how much memory a value takes; views of the input are not counted. */
function sizeOf(value: unknown, input: ArrayBufferLike): number {
  if (typeof value === "string") return 2 * value.length + 16;
  if (value instanceof Uint8Array) return value.buffer === input ? 16 : value.length + 16;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce<number>((sum, field) => sum + sizeOf(field, input), 16);
}

/** Decodes; only a WireFormatError may be thrown, and what is built must be small. */
function survives(row: StructureRow, bytes: Uint8Array): boolean {
  let value: unknown;
  try {
    value = row.decode(bytes);
  } catch (error) {
    if (error instanceof WireFormatError) return false;
    throw error;
  }
  const size = sizeOf(value, bytes.buffer);
  assert.ok(size <= 32 * bytes.length + 1024, `${bytes.length} bytes became ${size}`);
  return true;
}

/** What lengths, counts and offsets look like when they are meant to break something. */
const edge = fc.constantFrom(0, 1, 2, 3, 4, 7, 8, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff);

interface Change {
  readonly at: number;
  readonly value: number;
  readonly width: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  value: fc.oneof(edge, fc.nat({ max: 0xffff_ffff })),
  width: fc.constantFrom(1, 2, 4),
});

/** One to three numbers written over a good structure, and perhaps its end cut off. */
function broken(row: StructureRow): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  const cut = fc.option(fc.nat(), { freq: 3 });
  return fc.tuple(changes, cut).map(([list, end]) => {
    const bytes = row.bytes.slice();
    for (const { at, value, width } of list) {
      for (let index = 0; index < width; index += 1) {
        bytes[(at + index) % bytes.length] = (value >>> (8 * index)) & 0xff;
      }
    }
    return end === null ? bytes : bytes.slice(0, end % (bytes.length + 1));
  });
}

/** Two tests a row: broken structures and random bytes are decoded or refused, nothing else. */
export function fuzzStructures(suite: string, rows: readonly StructureRow[]): void {
  describe(suite, () => {
    for (const row of rows) {
      it(`${row.title}: survives changes`, () => {
        let understood = 0;
        fc.assert(
          fc.property(broken(row), (bytes) => {
            if (survives(row, bytes)) understood += 1;
          }),
          { seed: SEED, numRuns: 400 },
        );
        // A fuzzer that gets nothing through tests the first check alone.
        assert.ok(understood > 0);
      });
      it(`${row.title}: survives random bytes`, () => {
        const small = fc.oneof(fc.constantFrom(0, 1, 4, 8, 16, 0x40, 0xff), fc.nat({ max: 255 }));
        const input = fc.array(small, { maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
        fc.assert(
          fc.property(input, (bytes) => {
            survives(row, bytes);
          }),
          { seed: SEED, numRuns: 200 },
        );
      });
    }
  });
}
