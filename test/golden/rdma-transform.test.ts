import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeRdmaTransform, encodeRdmaTransform } from "../../src/core/smb2/rdma-transform.ts";
import { fuzzStructures } from "../fuzz/structure-fuzz.ts";
import { checkStructures } from "./check-structures.ts";
import { fromHex } from "./golden-row.ts";
import { rdmaTransformRows } from "./rdma-transform-rows.ts";

checkStructures("[MS-SMB2] 2.2.43, byte by byte", rdmaTransformRows);
fuzzStructures("[MS-SMB2] 2.2.43, at random", rdmaTransformRows);

const refused = { code: "ERR_SMB_WIRE_FORMAT" };

it("refuses SMB2_RDMA_TRANSFORM without a transform", () => {
  assert.throws(() => decodeRdmaTransform(new Uint8Array(64)), refused);
});

it("refuses a signature of more than 16 bytes", () => {
  const bytes = fromHex(
    `00000000 00000000 0100 0000 00000000 0100 1100 0000 0000 ${"aa".repeat(17)}`,
  );
  assert.throws(() => decodeRdmaTransform(bytes), refused);
  const transforms = [{ type: 1, signature: new Uint8Array(17), nonce: new Uint8Array(0) }];
  assert.throws(() =>
    encodeRdmaTransform({ channel: 0, descriptors: new Uint8Array(0), transforms }),
  );
});

it("refuses descriptors inside the transforms", () => {
  const bytes = fromHex(
    `1800 1000 01000000 0100 0000 00000000 0100 1000 0000 0000 ${"aa".repeat(16)}`,
  );
  assert.throws(() => decodeRdmaTransform(bytes), refused);
});
