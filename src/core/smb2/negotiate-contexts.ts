import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { Writer } from "../wire/writer.ts";

/** [MS-SMB2] 2.2.3.1 ContextType; POSIX_EXTENSIONS by the SMB3 POSIX extensions. */
export const NegotiateContextType = {
  PREAUTH_INTEGRITY_CAPABILITIES: 0x0001,
  ENCRYPTION_CAPABILITIES: 0x0002,
  COMPRESSION_CAPABILITIES: 0x0003,
  NETNAME_NEGOTIATE_CONTEXT_ID: 0x0005,
  TRANSPORT_CAPABILITIES: 0x0006,
  RDMA_TRANSFORM_CAPABILITIES: 0x0007,
  SIGNING_CAPABILITIES: 0x0008,
  POSIX_EXTENSIONS_AVAILABLE: 0x0100,
} as const;

/** [MS-SMB2] 2.2.3.1.1 HashAlgorithms. */
export const HashAlgorithmId = { SHA_512: 0x0001 } as const;

/** [MS-SMB2] 2.2.3.1.3 Flags. */
export const CompressionCapabilityFlags = { NONE: 0, CHAINED: 0x0000_0001 } as const;

/** [MS-SMB2] 2.2.3.1.5 Flags. */
export const TransportCapabilityFlags = { ACCEPT_TRANSPORT_LEVEL_SECURITY: 0x0000_0001 } as const;

/** [MS-SMB2] 2.2.3.1.6 RDMATransformIds. */
export const RdmaTransformId = { NONE: 0x0000, ENCRYPTION: 0x0001, SIGNING: 0x0002 } as const;

/** The 16 bytes that name version 1 of the SMB3 POSIX extensions, in packet order. */
export const POSIX_EXTENSIONS_ID: Uint8Array = Uint8Array.of(
  ...[0x93, 0xad, 0x25, 0x50, 0x9c, 0xb4, 0x11, 0xe7],
  ...[0xb4, 0x23, 0x83, 0xde, 0x96, 0x8b, 0xcd, 0x7c],
);

/** [MS-SMB2] 2.2.3.1.1 and 2.2.4.1.1. */
export interface PreauthIntegrityCapabilities {
  readonly kind: "preauth-integrity";
  readonly hashAlgorithms: readonly number[];
  readonly salt: Uint8Array;
}

/** [MS-SMB2] 2.2.3.1.2 and 2.2.4.1.2; the most preferred cipher first. */
export interface EncryptionCapabilities {
  readonly kind: "encryption";
  readonly ciphers: readonly number[];
}

/** [MS-SMB2] 2.2.3.1.3 and 2.2.4.1.3. */
export interface CompressionCapabilities {
  readonly kind: "compression";
  readonly flags: number;
  readonly compressionAlgorithms: readonly number[];
}

/** [MS-SMB2] 2.2.3.1.4: the server's name as the user gave it; a server does not send it. */
export interface NetnameContext {
  readonly kind: "netname";
  readonly netName: string;
}

/** [MS-SMB2] 2.2.3.1.5 and 2.2.4.1.5. */
export interface TransportCapabilities {
  readonly kind: "transport";
  readonly flags: number;
}

/** [MS-SMB2] 2.2.3.1.6 and 2.2.4.1.6. */
export interface RdmaTransformCapabilities {
  readonly kind: "rdma-transform";
  readonly rdmaTransformIds: readonly number[];
}

/** [MS-SMB2] 2.2.3.1.7 and 2.2.4.1.7; the most preferred algorithm first. */
export interface SigningCapabilities {
  readonly kind: "signing";
  readonly signingAlgorithms: readonly number[];
}

/** The SMB3 POSIX extensions: which of their versions are offered, one 16-byte name each. */
export interface PosixExtensionsAvailable {
  readonly kind: "posix";
  readonly versions: readonly Uint8Array[];
}

/** A context of a type not known here, kept as bytes. */
export interface UnknownNegotiateContext {
  readonly kind: "unknown";
  readonly type: number;
  readonly data: Uint8Array;
}

/** [MS-SMB2] 2.2.3.1 SMB2 NEGOTIATE_CONTEXT, told apart by `kind`. */
export type NegotiateContext =
  | PreauthIntegrityCapabilities
  | EncryptionCapabilities
  | CompressionCapabilities
  | NetnameContext
  | TransportCapabilities
  | RdmaTransformCapabilities
  | SigningCapabilities
  | PosixExtensionsAvailable
  | UnknownNegotiateContext;

/** Appends the contexts at the writer's tail, each 8-byte aligned ([MS-SMB2] 2.2.3.1). */
export function appendNegotiateContexts(w: Writer, contexts: readonly NegotiateContext[]): void {
  for (const context of contexts) {
    w.align(8);
    const [type, data] = encodeNegotiateContext(context);
    // ContextType, DataLength, Reserved, Data
    w.append(new Writer(8).begin(8).u16(type).u16(data.length).u32(0).finish()).append(data);
  }
}

/**
 * Reads `count` contexts that begin at `offset` from the header.
 *
 * @throws {WireFormatError} where a context or a list inside it ends outside the message
 */
export function readNegotiateContexts(
  message: Uint8Array,
  offset: number,
  count: number,
): NegotiateContext[] {
  if (offset > message.length) {
    throw new WireFormatError(`NegotiateContextOffset ${offset} lies outside the message`);
  }
  const r = new Reader(message.subarray(offset));
  r.expectCount(count, 8);
  const contexts: NegotiateContext[] = [];
  for (let index = 0; index < count; index += 1) {
    // The padding is counted from the list's start; NegotiateContextOffset itself is aligned.
    r.skip(-r.pos & 7);
    const type = r.u16();
    const dataLength = r.u16();
    r.skip(4); // Reserved
    contexts.push(decodeNegotiateContext(type, r.raw(dataLength)));
  }
  return contexts;
}

/** ContextType and Data of one context. */
export function encodeNegotiateContext(context: NegotiateContext): [type: number, Uint8Array] {
  const w = new Writer(64);
  switch (context.kind) {
    case "preauth-integrity":
      w.u16(context.hashAlgorithms.length).u16(context.salt.length); // HashAlgorithmCount, SaltLength
      putIds(w, context.hashAlgorithms).raw(context.salt); // HashAlgorithms, Salt
      return [NegotiateContextType.PREAUTH_INTEGRITY_CAPABILITIES, w.finish()];
    case "encryption":
      putIds(w.u16(context.ciphers.length), context.ciphers); // CipherCount, Ciphers
      return [NegotiateContextType.ENCRYPTION_CAPABILITIES, w.finish()];
    case "compression":
      w.u16(context.compressionAlgorithms.length).u16(0).u32(context.flags); // Count, Padding, Flags
      putIds(w, context.compressionAlgorithms);
      return [NegotiateContextType.COMPRESSION_CAPABILITIES, w.finish()];
    case "netname": // without a terminating null
      return [NegotiateContextType.NETNAME_NEGOTIATE_CONTEXT_ID, encodeUtf16(context.netName)];
    case "transport":
      return [NegotiateContextType.TRANSPORT_CAPABILITIES, w.u32(context.flags).finish()];
    case "rdma-transform":
      w.u16(context.rdmaTransformIds.length).u16(0).u32(0); // TransformCount, Reserved1, Reserved2
      putIds(w, context.rdmaTransformIds);
      return [NegotiateContextType.RDMA_TRANSFORM_CAPABILITIES, w.finish()];
    case "signing":
      putIds(w.u16(context.signingAlgorithms.length), context.signingAlgorithms);
      return [NegotiateContextType.SIGNING_CAPABILITIES, w.finish()];
    case "posix":
      for (const version of context.versions) w.raw(version);
      return [NegotiateContextType.POSIX_EXTENSIONS_AVAILABLE, w.finish()];
    case "unknown":
      return [context.type, context.data];
  }
}

/**
 * One context from its type and Data.
 *
 * @throws {WireFormatError} where Data is too short for its counts, or a list is empty that must not be
 */
export function decodeNegotiateContext(type: number, data: Uint8Array): NegotiateContext {
  const r = new Reader(data);
  switch (type) {
    case NegotiateContextType.PREAUTH_INTEGRITY_CAPABILITIES: {
      const count = r.u16();
      const saltLength = r.u16();
      const hashAlgorithms = ids(r, count, "HashAlgorithmCount");
      return { kind: "preauth-integrity", hashAlgorithms, salt: r.raw(saltLength) };
    }
    case NegotiateContextType.ENCRYPTION_CAPABILITIES:
      return { kind: "encryption", ciphers: ids(r, r.u16(), "CipherCount") };
    case NegotiateContextType.COMPRESSION_CAPABILITIES: {
      const count = r.u16();
      r.skip(2); // Padding
      const flags = r.u32();
      // Zero algorithms are no harm: nothing will be compressed.
      return { kind: "compression", flags, compressionAlgorithms: ids(r, count) };
    }
    case NegotiateContextType.NETNAME_NEGOTIATE_CONTEXT_ID:
      return { kind: "netname", netName: decodeUtf16(data) };
    case NegotiateContextType.TRANSPORT_CAPABILITIES:
      return { kind: "transport", flags: r.u32() };
    case NegotiateContextType.RDMA_TRANSFORM_CAPABILITIES: {
      const count = r.u16();
      r.skip(6); // Reserved1, Reserved2
      return { kind: "rdma-transform", rdmaTransformIds: ids(r, count) };
    }
    case NegotiateContextType.SIGNING_CAPABILITIES:
      return { kind: "signing", signingAlgorithms: ids(r, r.u16(), "SigningAlgorithmCount") };
    case NegotiateContextType.POSIX_EXTENSIONS_AVAILABLE: {
      const versions: Uint8Array[] = [];
      while (r.remaining >= 16) versions.push(r.raw(16));
      return { kind: "posix", versions };
    }
    default:
      return { kind: "unknown", type, data };
  }
}

function putIds(w: Writer, values: readonly number[]): Writer {
  for (const value of values) w.u16(value);
  return w;
}

/** `count` 16-bit ids; with `notZero`, the count's name, none at all is an error. */
function ids(r: Reader, count: number, notZero?: string): number[] {
  // [MS-SMB2] 2.2.3.1.1, 2.2.3.1.2 and 2.2.3.1.7: "This value MUST be greater than zero."
  if (count === 0 && notZero !== undefined) throw new WireFormatError(`${notZero} is zero`);
  r.expectCount(count, 2);
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) values.push(r.u16());
  return values;
}
