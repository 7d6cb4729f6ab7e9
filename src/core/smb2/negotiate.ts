import type { FileTime } from "../wire/file-time.ts";
import type { MessageCodec } from "./codec.ts";
import { placeBlob16, variablePart } from "./codec.ts";
import { Command, Dialect } from "./constants.ts";
import type { NegotiateContext } from "./negotiate-contexts.ts";
import { appendNegotiateContexts, readNegotiateContexts } from "./negotiate-contexts.ts";

/** [MS-SMB2] 2.2.3 SMB2 NEGOTIATE Request. */
export interface NegotiateRequest {
  readonly securityMode: number;
  readonly capabilities: number;
  /** 16 bytes; zero where only 2.0.2 is offered. */
  readonly clientGuid: Uint8Array;
  readonly dialects: readonly number[];
  /** Sent only where `dialects` has 3.1.1. */
  readonly negotiateContexts: readonly NegotiateContext[];
}

/** [MS-SMB2] 2.2.3. */
export const NegotiateRequest: MessageCodec<NegotiateRequest> = {
  name: "NEGOTIATE request",
  command: Command.NEGOTIATE,
  structureSize: 36,
  encode(w, m) {
    const contexts = m.dialects.includes(Dialect.SMB_3_1_1) ? m.negotiateContexts : [];
    w.u16(m.dialects.length); // DialectCount
    w.u16(m.securityMode); // SecurityMode
    w.u16(0); // Reserved
    w.u32(m.capabilities); // Capabilities
    w.raw(m.clientGuid); // ClientGuid
    const fixed = w.pos;
    w.u32(0).u16(contexts.length).u16(0); // NegotiateContextOffset, NegotiateContextCount, Reserved2
    for (const dialect of m.dialects) w.append(Uint8Array.of(dialect & 0xff, dialect >> 8)); // Dialects
    if (contexts.length === 0) return;
    w.align(8);
    w.setU32(fixed, w.tailOffset);
    appendNegotiateContexts(w, contexts);
  },
  decode(r) {
    const dialectCount = r.u16();
    const securityMode = r.u16();
    r.skip(2); // Reserved
    const capabilities = r.u32();
    const clientGuid = r.raw(16);
    const contextOffset = r.u32();
    const contextCount = r.u16();
    r.skip(2); // Reserved2
    r.expectCount(dialectCount, 2);
    const dialects: number[] = [];
    for (let index = 0; index < dialectCount; index += 1) dialects.push(r.u16());
    // Without 3.1.1 the two fields are ClientStartTime, which says nothing.
    const hasContexts = dialects.includes(Dialect.SMB_3_1_1) && contextCount > 0;
    const negotiateContexts = hasContexts
      ? readNegotiateContexts(r.bytes, contextOffset, contextCount)
      : [];
    return { securityMode, capabilities, clientGuid, dialects, negotiateContexts };
  },
};

/** [MS-SMB2] 2.2.4 SMB2 NEGOTIATE Response. */
export interface NegotiateResponse {
  readonly securityMode: number;
  readonly dialectRevision: number;
  /** 16 bytes. */
  readonly serverGuid: Uint8Array;
  readonly capabilities: number;
  readonly maxTransactSize: number;
  readonly maxReadSize: number;
  readonly maxWriteSize: number;
  readonly systemTime: FileTime;
  readonly serverStartTime: FileTime;
  /** The server's first SPNEGO token; may be empty. */
  readonly securityBuffer: Uint8Array;
  /** Only with `dialectRevision` 3.1.1, else empty. */
  readonly negotiateContexts: readonly NegotiateContext[];
}

/** [MS-SMB2] 2.2.4. */
export const NegotiateResponse: MessageCodec<NegotiateResponse> = {
  name: "NEGOTIATE response",
  command: Command.NEGOTIATE,
  structureSize: 65,
  encode(w, m) {
    const contexts = m.dialectRevision === Dialect.SMB_3_1_1 ? m.negotiateContexts : [];
    w.u16(m.securityMode); // SecurityMode
    w.u16(m.dialectRevision); // DialectRevision
    w.u16(contexts.length); // NegotiateContextCount / Reserved
    w.raw(m.serverGuid); // ServerGuid
    w.u32(m.capabilities); // Capabilities
    w.u32(m.maxTransactSize); // MaxTransactSize
    w.u32(m.maxReadSize); // MaxReadSize
    w.u32(m.maxWriteSize); // MaxWriteSize
    w.big64(m.systemTime); // SystemTime
    w.big64(m.serverStartTime); // ServerStartTime
    placeBlob16(w, "The security token", m.securityBuffer); // SecurityBufferOffset, SecurityBufferLength
    if (contexts.length === 0) return;
    w.align(8);
    w.u32(w.tailOffset); // NegotiateContextOffset
    appendNegotiateContexts(w, contexts);
  },
  decode(r) {
    const securityMode = r.u16();
    const dialectRevision = r.u16();
    const contextCount = r.u16();
    const serverGuid = r.raw(16).slice();
    const capabilities = r.u32();
    const maxTransactSize = r.u32();
    const maxReadSize = r.u32();
    const maxWriteSize = r.u32();
    const systemTime = r.big64();
    const serverStartTime = r.big64();
    const securityOffset = r.u16();
    const securityLength = r.u16();
    const contextOffset = r.u32();
    // Below 3.1.1 both fields are reserved and ignored ([MS-SMB2] 2.2.4).
    const hasContexts = dialectRevision === Dialect.SMB_3_1_1 && contextCount > 0;
    return {
      securityMode,
      dialectRevision,
      serverGuid,
      capabilities,
      maxTransactSize,
      maxReadSize,
      maxWriteSize,
      systemTime,
      serverStartTime,
      securityBuffer: variablePart(r, securityOffset, securityLength),
      negotiateContexts: hasContexts
        ? readNegotiateContexts(r.bytes, contextOffset, contextCount)
        : [],
    };
  },
};
