import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import type { MessageCodec } from "./codec.ts";
import { placeBlob16, variablePart } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.9 Flags, 3.1.1 only; reserved before. */
export const TreeConnectFlags = {
  CLUSTER_RECONNECT: 0x0001,
  REDIRECT_TO_OWNER: 0x0002,
  EXTENSION_PRESENT: 0x0004,
} as const;

/** [MS-SMB2] 2.2.10 Capabilities of a share. */
export const ShareCapabilities = {
  DFS: 0x0000_0008,
  CONTINUOUS_AVAILABILITY: 0x0000_0010,
  SCALEOUT: 0x0000_0020,
  CLUSTER: 0x0000_0040,
  ASYMMETRIC: 0x0000_0080,
  REDIRECT_TO_OWNER: 0x0000_0100,
} as const;

/**
 * [MS-SMB2] 2.2.9 SMB2 TREE_CONNECT Request. The extension of 2.2.9.1 (a remoted identity) is for
 * cluster nodes; a client never sends it, so EXTENSION_PRESENT must not be set.
 */
export interface TreeConnectRequest {
  /** TreeConnectFlags with 3.1.1, else 0. */
  readonly flags: number;
  /** `\\server\share`. */
  readonly path: string;
}

/** [MS-SMB2] 2.2.9. */
export const TreeConnectRequest: MessageCodec<TreeConnectRequest> = {
  name: "TREE_CONNECT request",
  command: Command.TREE_CONNECT,
  structureSize: 9,
  encode(w, m) {
    w.u16(m.flags); // Flags / Reserved
    placeBlob16(w, "The share's path", encodeUtf16(m.path)); // PathOffset, PathLength
  },
  decode(r) {
    const flags = r.u16();
    const offset = r.u16();
    const length = r.u16();
    return { flags, path: decodeUtf16(variablePart(r, offset, length)) };
  },
};

/** [MS-SMB2] 2.2.10 SMB2 TREE_CONNECT Response. */
export interface TreeConnectResponse {
  readonly shareType: number;
  readonly shareFlags: number;
  /** ShareCapabilities. */
  readonly capabilities: number;
  /** An access mask. */
  readonly maximalAccess: number;
}

/** [MS-SMB2] 2.2.10. */
export const TreeConnectResponse: MessageCodec<TreeConnectResponse> = {
  name: "TREE_CONNECT response",
  command: Command.TREE_CONNECT,
  structureSize: 16,
  encode(w, m) {
    w.u8(m.shareType); // ShareType
    w.u8(0); // Reserved
    w.u32(m.shareFlags); // ShareFlags
    w.u32(m.capabilities); // Capabilities
    w.u32(m.maximalAccess); // MaximalAccess
  },
  decode(r) {
    const shareType = r.u8();
    r.skip(1); // Reserved
    return { shareType, shareFlags: r.u32(), capabilities: r.u32(), maximalAccess: r.u32() };
  },
};
