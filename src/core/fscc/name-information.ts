import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes } from "../wire/writer.ts";

/**
 * A length and a name: FileAlternateNameInformation (the 8.3 name), FileNameInformation and
 * FileNormalizedNameInformation ([MS-FSCC] 2.4).
 *
 * @throws {WireFormatError} where the name lies outside the bytes
 */
export function decodeFileName(bytes: Uint8Array): string {
  const r = new Reader(bytes);
  return readName(r, r.u32());
}

export function encodeFileName(name: string): Uint8Array {
  const bytes = encodeUtf16(name);
  return encodeBytes(4, (w) => w.u32(bytes.length).append(bytes));
}

/**
 * FileRenameInformation for SMB2 and FileLinkInformation for SMB2 ([MS-FSCC] 2.4.37.2 and 2.4.28.2),
 * which have the same form.
 */
export interface FileRenameInformation {
  readonly replaceIfExists: boolean;
  /** From the share's root, without a leading backslash; `:stream` renames a stream. */
  readonly name: string;
}

/** The specification pads it to 24 bytes at least. */
export function encodeFileRename(info: FileRenameInformation): Uint8Array {
  const name = encodeUtf16(info.name);
  return encodeBytes(20, (w) => {
    w.u8(info.replaceIfExists ? 1 : 0); // ReplaceIfExists
    w.zero(7); // Reserved
    w.u64(0); // RootDirectory
    w.u32(name.length); // FileNameLength
    w.append(name); // FileName
    if (name.length < 4) w.append(new Uint8Array(4 - name.length)); // Padding
  });
}

/** @throws {WireFormatError} where the name lies outside the bytes */
export function decodeFileRename(bytes: Uint8Array): FileRenameInformation {
  const r = new Reader(bytes);
  const replaceIfExists = r.u8() !== 0;
  r.skip(15);
  const name = readName(r, r.u32());
  return { replaceIfExists, name };
}

function readName(r: Reader, length: number): string {
  if (length % 2 !== 0) throw new WireFormatError(`A name of ${length} bytes is not UTF-16`);
  return decodeUtf16(r.raw(length));
}
