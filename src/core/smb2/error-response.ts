import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes } from "../wire/writer.ts";
import type { BodyCodec } from "./codec.ts";

/** [MS-SMB2] 2.2.2.1 ErrorId. */
export const ErrorId = { DEFAULT: 0x0000_0000, SHARE_REDIRECT: 0x7264_5253 } as const;

/** [MS-SMB2] 2.2.2.1 SMB2 ERROR Context Response. */
export interface ErrorContext {
  readonly errorId: number;
  /** A view. */
  readonly errorContextData: Uint8Array;
}

/** [MS-SMB2] 2.2.2 SMB2 ERROR Response, the body of every failed command's reply. */
export interface ErrorResponse {
  /** 3.1.1 only; empty where the error data are not in contexts. */
  readonly errorContexts: readonly ErrorContext[];
  /**
   * What depends on the status: as sent by the older dialects, and the first context of ErrorId
   * DEFAULT with 3.1.1. Mostly empty; a view.
   */
  readonly errorData: Uint8Array;
}

/** [MS-SMB2] 2.2.2. Samba sends one byte of data with ByteCount 0, others send none. */
export const ErrorResponse: BodyCodec<ErrorResponse> = {
  name: "ERROR response",
  structureSize: 9,
  encode(w, m) {
    const data = m.errorContexts.length > 0 ? encodeContexts(m.errorContexts) : m.errorData;
    w.u8(m.errorContexts.length); // ErrorContextCount
    w.u8(0); // Reserved
    w.u32(data.length); // ByteCount
    w.append(data); // ErrorData
  },
  decode(r) {
    const errorContextCount = r.u8();
    r.skip(1); // Reserved
    const data = r.raw(r.u32());
    if (errorContextCount === 0) return { errorContexts: [], errorData: data };
    const errorContexts = decodeContexts(data, errorContextCount);
    const main = errorContexts.find((context) => context.errorId === ErrorId.DEFAULT);
    return { errorContexts, errorData: main?.errorContextData ?? data.subarray(0, 0) };
  },
};

function encodeContexts(contexts: readonly ErrorContext[]): Uint8Array {
  return encodeBytes(0, (w) => {
    for (const context of contexts) {
      w.align(8).begin(8);
      w.u32(context.errorContextData.length); // ErrorDataLength
      w.u32(context.errorId); // ErrorId
      w.append(context.errorContextData); // ErrorContextData
    }
  });
}

function decodeContexts(data: Uint8Array, count: number): ErrorContext[] {
  const r = new Reader(data);
  r.expectCount(count, 8);
  const contexts: ErrorContext[] = [];
  for (let index = 0; index < count; index += 1) {
    r.skip(-r.pos & 7); // [MS-SMB2] 2.2.2: each context starts at an 8-byte boundary
    const errorDataLength = r.u32();
    const errorId = r.u32();
    contexts.push({ errorId, errorContextData: r.raw(errorDataLength) });
  }
  return contexts;
}

/**
 * How many bytes the buffer should have had: the error data of STATUS_BUFFER_TOO_SMALL
 * ([MS-SMB2] 2.2.2.2). Undefined where the server does not say.
 */
export function neededBufferSize(error: ErrorResponse): number | undefined {
  return error.errorData.length < 4 ? undefined : new Reader(error.errorData).u32();
}

/** [MS-SMB2] 2.2.2.2.1 Flags. */
export const SymlinkFlags = { RELATIVE: 0x0000_0001 } as const;

/** [MS-SMB2] 2.2.2.2.1: where a symbolic link on the way points to. */
export interface SymbolicLinkError {
  /** How many characters at the end of the requested path lie behind the link. */
  readonly unparsedPathLength: number;
  readonly substituteName: string;
  /** The target as a person would write it. */
  readonly printName: string;
  readonly isRelative: boolean;
}

const SYMLINK_ERROR_TAG = 0x4c4d_5953;
const REPARSE_TAG_SYMLINK = 0xa000_000c;
/** The fixed part of the structure; PathBuffer follows. */
const SYMLINK_FIXED_LENGTH = 28;

/**
 * The error data of STATUS_STOPPED_ON_SYMLINK ([MS-SMB2] 2.2.2.2.1).
 *
 * @throws {WireFormatError} where they are not a symbolic link error
 */
export function decodeSymbolicLinkError(errorData: Uint8Array): SymbolicLinkError {
  const r = new Reader(errorData);
  r.skip(4); // SymLinkLength
  // Both tags are a MUST in [MS-SMB2] 2.2.2.2.1.
  if (r.u32() !== SYMLINK_ERROR_TAG || r.u32() !== REPARSE_TAG_SYMLINK) {
    throw new WireFormatError("Symbolic link error: wrong tag");
  }
  r.skip(2); // ReparseDataLength
  const unparsedBytes = r.u16();
  const substituteOffset = r.u16();
  const substituteLength = r.u16();
  const printOffset = r.u16();
  const printLength = r.u16();
  const flags = r.u32();
  return {
    unparsedPathLength: unparsedBytes >> 1,
    substituteName: decodeUtf16(r.slice(SYMLINK_FIXED_LENGTH + substituteOffset, substituteLength)),
    printName: decodeUtf16(r.slice(SYMLINK_FIXED_LENGTH + printOffset, printLength)),
    isRelative: (flags & SymlinkFlags.RELATIVE) !== 0,
  };
}
