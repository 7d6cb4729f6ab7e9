import { WireFormatError } from "../errors.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { readChain, writeChain } from "./entry-chain.ts";

/** One entry of FileStreamInformation ([MS-FSCC] 2.4). */
export interface FileStream {
  /** With its type: `::$DATA` is the file's own content. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** In bytes. */
  readonly allocationSize: number;
}

/** @throws {WireFormatError} where an entry lies outside the bytes */
export function decodeFileStreams(bytes: Uint8Array): FileStream[] {
  return readChain(bytes, (r) => {
    const nameLength = r.u32();
    const size = r.size64();
    const allocationSize = r.size64();
    if (nameLength % 2 !== 0) throw new WireFormatError(`A stream's name of ${nameLength} bytes`);
    return { name: decodeUtf16(r.raw(nameLength)), size, allocationSize };
  });
}

export function encodeFileStreams(streams: readonly FileStream[]): Uint8Array {
  return writeChain(streams, 24, 8, (w, stream) => {
    const name = encodeUtf16(stream.name);
    w.u32(name.length); // StreamNameLength
    w.u64(stream.size); // StreamSize
    w.u64(stream.allocationSize); // StreamAllocationSize
    w.append(name); // StreamName
  });
}
