import {
  decodeRdmaTransform,
  encodeRdmaTransform,
  RdmaTransformType,
} from "../../src/core/smb2/rdma-transform.ts";
import { fromHex, sixteen } from "./golden-row.ts";
import { type StructureRow, structure } from "./structure-row.ts";

const codec = { decode: decodeRdmaTransform, encode: encodeRdmaTransform } as const;
const none = new Uint8Array(0);
const DESCRIPTOR = "00503412 00800000 efbeadde 00001000";

export const rdmaTransformRows: readonly StructureRow[] = [
  structure(
    "SMB2_RDMA_TRANSFORM of a WRITE, encrypted with GCM: the descriptor at the next multiple of 8",
    codec,
    {
      channel: 1,
      descriptors: fromHex(DESCRIPTOR),
      transforms: [
        {
          type: RdmaTransformType.ENCRYPTION,
          signature: sixteen(0xaa),
          nonce: new Uint8Array(12).fill(0xbb),
        },
      ],
    },
    `3800 1000 01000000 0100 0000 00000000
     0100 1000 0c00 0000 ${"aa".repeat(16)} ${"bb".repeat(12)} 00000000 ${DESCRIPTOR}`,
  ),
  structure(
    "SMB2_RDMA_TRANSFORM in a READ response, encrypted with CCM: no channel, no descriptors",
    codec,
    {
      channel: 0,
      descriptors: none,
      transforms: [
        {
          type: RdmaTransformType.ENCRYPTION,
          signature: sixteen(0xaa),
          nonce: new Uint8Array(11).fill(0xbb),
        },
      ],
    },
    `0000 0000 00000000 0100 0000 00000000
     0100 1000 0b00 0000 ${"aa".repeat(16)} ${"bb".repeat(11)}`,
  ),
  structure(
    "SMB2_RDMA_TRANSFORM of two transforms, the first signed with CMAC, which has no nonce",
    codec,
    {
      channel: 2,
      descriptors: fromHex(DESCRIPTOR),
      transforms: [
        { type: RdmaTransformType.SIGNING, signature: new Uint8Array(9).fill(1), nonce: none },
        { type: RdmaTransformType.SIGNING, signature: sixteen(2), nonce: none },
      ],
    },
    `4000 1000 02000000 0200 0000 00000000
     0200 0900 0000 0000 ${"01".repeat(9)} 00000000000000
     0200 1000 0000 0000 ${"02".repeat(16)} ${DESCRIPTOR}`,
  ),
];
