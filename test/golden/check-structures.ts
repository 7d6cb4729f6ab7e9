import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../support/hex.ts";
import type { StructureRow } from "./structure-row.ts";

/** Three tests a row: encodes to its bytes, decodes to its value, is refused when cut short. */
export function checkStructures(suite: string, rows: readonly StructureRow[]): void {
  describe(suite, () => {
    for (const row of rows) {
      const { encode } = row;
      if (encode !== undefined) {
        it(`${row.title}: encodes`, () => {
          assert.equal(toHex(encode(row.value as never)), toHex(row.bytes));
        });
      }
      it(`${row.title}: decodes`, () => {
        assert.deepStrictEqual(row.decode(row.bytes), row.value);
      });
      it(`${row.title}: is refused when cut short`, () => {
        for (let length = row.isList ? 1 : 0; length < row.refusedBelow; length += 1) {
          assert.throws(
            () => row.decode(row.bytes.subarray(0, length)),
            { code: "ERR_SMB_WIRE_FORMAT" },
            `cut to ${length} of ${row.bytes.length} bytes`,
          );
        }
      });
      it(`${row.title}: may lie anywhere in a buffer`, () => {
        const larger = new Uint8Array(row.bytes.length + 7);
        larger.set(row.bytes, 3);
        const view = larger.subarray(3, 3 + row.bytes.length);
        assert.deepStrictEqual(row.decode(view), row.value);
      });
    }
  });
}
