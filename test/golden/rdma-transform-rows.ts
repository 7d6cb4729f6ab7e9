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

/**
 * What the text says, and where a row shows it.
 *
 * 2.2.43 SMB2_RDMA_TRANSFORM, 16 bytes: RdmaDescriptorOffset (2, from the structure's beginning),
 * RdmaDescriptorLength (2), Channel (4: NONE, V1 or V1_INVALIDATE), TransformCount (2), Reserved1 (2),
 * Reserved2 (4). With NONE offset and length are zero, and whoever receives them ignores them. The
 * transforms follow.
 *
 * 2.2.43.1 SMB2_RDMA_CRYPTO_TRANSFORM: TransformType (2: 1 encryption, 2 signing), SignatureLength (2),
 * NonceLength (2), Reserved (2), Signature (at most 16 bytes), Nonce (its bytes are the sender's choice
 * and never come again within the session), Padding: what follows begins at a multiple of 8.
 *
 * The server's test suite of Microsoft (Smb2OverRdmaChannelTransformSigning) expects of a READ response
 * 16 + 24 bytes with CMAC, which has no nonce, and 16 + 40 with GMAC, so padded although nothing follows;
 * it sends the transforms of a WRITE padded, then the descriptors.
 */
export const rdmaTransformRows: readonly StructureRow[] = [
  structure(
    "SMB2_RDMA_TRANSFORM in a READ response, signed with CMAC: 40 bytes",
    codec,
    {
      channel: 0,
      descriptors: none,
      transforms: [{ type: RdmaTransformType.SIGNING, signature: sixteen(0xaa), nonce: none }],
    },
    `0000 0000 00000000 0100 0000 00000000
     0200 1000 0000 0000 ${"aa".repeat(16)}`,
  ),
  structure(
    "SMB2_RDMA_TRANSFORM in a READ response, signed with GMAC: 56 bytes, the last 4 of them padding",
    { decode: decodeRdmaTransform, refusedBelow: 52 },
    {
      channel: 0,
      descriptors: none,
      transforms: [
        {
          type: RdmaTransformType.SIGNING,
          signature: sixteen(0xaa),
          nonce: new Uint8Array(12).fill(0xbb),
        },
      ],
    },
    `0000 0000 00000000 0100 0000 00000000
     0200 1000 0c00 0000 ${"aa".repeat(16)} ${"bb".repeat(12)} 00000000`,
  ),
  structure(
    "SMB2_RDMA_TRANSFORM of a WRITE, signed with GMAC: the descriptor behind 4 bytes of padding",
    codec,
    {
      channel: 2,
      descriptors: fromHex(DESCRIPTOR),
      transforms: [
        {
          type: RdmaTransformType.SIGNING,
          signature: sixteen(0xaa),
          nonce: new Uint8Array(12).fill(0xbb),
        },
      ],
    },
    `3800 1000 02000000 0100 0000 00000000
     0200 1000 0c00 0000 ${"aa".repeat(16)} ${"bb".repeat(12)} 00000000 ${DESCRIPTOR}`,
  ),
  structure(
    "SMB2_RDMA_TRANSFORM without a channel: what its offset and length say is ignored, as is Reserved",
    { decode: decodeRdmaTransform },
    {
      channel: 0,
      descriptors: none,
      transforms: [{ type: RdmaTransformType.SIGNING, signature: sixteen(0xaa), nonce: none }],
    },
    `ffff ff00 00000000 0100 ffff ffffffff
     0200 1000 0000 ffff ${"aa".repeat(16)}`,
  ),
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
