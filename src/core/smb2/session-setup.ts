import type { MessageCodec } from "./codec.ts";
import { placeBlob16, variablePart } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.5 SMB2 SESSION_SETUP Request. */
export interface SessionSetupRequest {
  /** SessionSetupFlags: BINDING, or 0. */
  readonly flags: number;
  /** SecurityMode; one byte here. */
  readonly securityMode: number;
  /** Only DFS counts here. */
  readonly capabilities: number;
  /** The session to be replaced after a lost connection, or 0n. */
  readonly previousSessionId: bigint;
  readonly securityBuffer: Uint8Array;
}

/** [MS-SMB2] 2.2.5. */
export const SessionSetupRequest: MessageCodec<SessionSetupRequest> = {
  name: "SESSION_SETUP request",
  command: Command.SESSION_SETUP,
  structureSize: 25,
  encode(w, m) {
    w.u8(m.flags); // Flags
    w.u8(m.securityMode); // SecurityMode
    w.u32(m.capabilities); // Capabilities
    w.u32(0); // Channel
    placeBlob16(w, "The security token", m.securityBuffer); // SecurityBufferOffset, SecurityBufferLength
    w.big64(m.previousSessionId); // PreviousSessionId
  },
  decode(r) {
    const flags = r.u8();
    const securityMode = r.u8();
    const capabilities = r.u32();
    r.skip(4); // Channel
    const offset = r.u16();
    const length = r.u16();
    const previousSessionId = r.big64();
    const securityBuffer = variablePart(r, offset, length);
    return { flags, securityMode, capabilities, previousSessionId, securityBuffer };
  },
};

/** [MS-SMB2] 2.2.6 SMB2 SESSION_SETUP Response. */
export interface SessionSetupResponse {
  /** SessionFlags: guest, null session, encryption wanted. */
  readonly sessionFlags: number;
  /** Empty where the server has nothing more to say. */
  readonly securityBuffer: Uint8Array;
}

/** [MS-SMB2] 2.2.6. */
export const SessionSetupResponse: MessageCodec<SessionSetupResponse> = {
  name: "SESSION_SETUP response",
  command: Command.SESSION_SETUP,
  structureSize: 9,
  encode(w, m) {
    w.u16(m.sessionFlags); // SessionFlags
    placeBlob16(w, "The security token", m.securityBuffer); // SecurityBufferOffset, SecurityBufferLength
  },
  decode(r) {
    const sessionFlags = r.u16();
    const offset = r.u16();
    const length = r.u16();
    return { sessionFlags, securityBuffer: variablePart(r, offset, length) };
  },
};
