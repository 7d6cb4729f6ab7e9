import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { encodeBytes } from "../wire/writer.ts";

/**
 * [MS-SMB2] 2.2.13.2 and 2.2.14.2: the names of create contexts, one character for each byte: four
 * letters, or the 16 bytes of a GUID.
 */
export const CreateContextName = {
  EA_BUFFER: "ExtA",
  SD_BUFFER: "SecD",
  /** Request and response. */
  DURABLE_HANDLE: "DHnQ",
  DURABLE_HANDLE_RECONNECT: "DHnC",
  /** Request and response. */
  DURABLE_HANDLE_V2: "DH2Q",
  DURABLE_HANDLE_RECONNECT_V2: "DH2C",
  ALLOCATION_SIZE: "AlSi",
  QUERY_MAXIMAL_ACCESS: "MxAc",
  TIMEWARP_TOKEN: "TWrp",
  QUERY_ON_DISK_ID: "QFid",
  LEASE: "RqLs",
  /** The SMB3 POSIX extensions' SMB2_CREATE_TAG_POSIX. */
  POSIX: "\x93\xad\x25\x50\x9c\xb4\x11\xe7\xb4\x23\x83\xde\x96\x8b\xcd\x7c",
} as const;

/** [MS-SMB2] 2.2.13.2 SMB2_CREATE_CONTEXT, whatever it means. */
export interface CreateContext {
  /** One character for each byte; see {@link CreateContextName}. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** The data of the context called `name`, or undefined where there is none. */
export function findCreateContext(
  contexts: readonly CreateContext[],
  name: string,
): Uint8Array | undefined {
  return contexts.find((context) => context.name === name)?.data;
}

/** Next, NameOffset, NameLength, Reserved, DataOffset and DataLength. */
const FIXED_LENGTH = 16;

/** Writes CreateContextsOffset and CreateContextsLength (4 bytes each) and the list at the tail. */
export function appendCreateContexts(w: Writer, contexts: readonly CreateContext[]): void {
  if (contexts.length === 0) {
    w.u32(0).u32(0);
    return;
  }
  w.align(8); // [MS-SMB2] 2.2.13: CreateContextsOffset is 8-byte aligned
  const list = encodeCreateContexts(contexts);
  w.u32(w.tailOffset).u32(list.length).append(list);
}

/** A chain of contexts, each 8-byte aligned; the last one is not padded. */
export function encodeCreateContexts(contexts: readonly CreateContext[]): Uint8Array {
  return encodeBytes(0, (w) => {
    contexts.forEach((context, index) => {
      const start = w.align(8).length;
      appendContext(w, context);
      if (index === contexts.length - 1) return;
      w.align(8);
      w.setU32(start, w.length - start); // Next
    });
  });
}

function appendContext(w: Writer, { name, data }: CreateContext): void {
  const dataOffset = FIXED_LENGTH + ((name.length + 7) & ~7);
  w.begin(data.length === 0 ? FIXED_LENGTH + name.length : dataOffset);
  w.u32(0); // Next
  w.u16(FIXED_LENGTH); // NameOffset
  w.u16(name.length); // NameLength
  w.u16(0); // Reserved
  w.u16(data.length === 0 ? 0 : dataOffset); // DataOffset
  w.u32(data.length); // DataLength
  w.raw(Uint8Array.from(name, (character) => character.charCodeAt(0)));
  w.append(data);
}

/**
 * The contexts of a chain; the data are views.
 *
 * @throws {WireFormatError} where the chain, a name or its data leaves `list`
 */
export function readCreateContexts(list: Uint8Array): CreateContext[] {
  const contexts: CreateContext[] = [];
  let start = 0;
  while (start < list.length) {
    const r = new Reader(list.subarray(start));
    const next = r.u32();
    const nameOffset = r.u16();
    const nameLength = r.u16();
    r.skip(2); // Reserved
    const dataOffset = r.u16();
    const dataLength = r.u32();
    contexts.push({
      name: String.fromCharCode(...checkedName(r, nameOffset, nameLength)),
      data: r.slice(dataOffset, dataLength),
    });
    if (next === 0) break;
    // A chain that does not move on would never end.
    if (next < FIXED_LENGTH || start + next >= list.length) {
      throw new WireFormatError(
        `Create context: Next is ${next}, ${r.bytes.length} bytes are left`,
      );
    }
    start += next;
  }
  return contexts;
}

function checkedName(r: Reader, offset: number, length: number): Uint8Array {
  // The names that exist are 4 or 16 bytes long; the limit keeps what is built from them small.
  if (length > 256) throw new WireFormatError(`Create context: a name of ${length} bytes`);
  return r.slice(offset, length);
}
