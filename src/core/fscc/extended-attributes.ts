import { WireFormatError } from "../errors.ts";
import { readChain, writeChain } from "./entry-chain.ts";

/** One entry of FileFullEaInformation ([MS-FSCC] 2.4). */
export interface ExtendedAttribute {
  /** At most 255 characters of the server's ASCII. */
  readonly name: string;
  /** At most 65,535 bytes; none at all deletes the attribute when set. */
  readonly value: Uint8Array;
  /** 0x80: a file system that does not know the attribute must refuse the file. */
  readonly flags: number;
}

/**
 * The values are views of `bytes`.
 *
 * @throws {WireFormatError} where an entry lies outside the bytes or its name does not end
 */
export function decodeFullEa(bytes: Uint8Array): ExtendedAttribute[] {
  return readChain(bytes, (r) => {
    const flags = r.u8();
    const nameLength = r.u8();
    const valueLength = r.u16();
    const name = String.fromCharCode(...r.raw(nameLength));
    if (r.u8() !== 0)
      throw new WireFormatError("An extended attribute's name does not end with NUL");
    return { name, value: r.raw(valueLength), flags };
  });
}

export function encodeFullEa(attributes: readonly ExtendedAttribute[]): Uint8Array {
  return writeChain(attributes, 8, 4, (w, { name, value, flags }) => {
    w.u8(flags); // Flags
    w.u8(name.length); // EaNameLength
    w.u16(value.length); // EaValueLength
    w.append(Uint8Array.from(`${name}\0`, (character) => character.charCodeAt(0))); // EaName
    w.append(value); // EaValue
  });
}
