import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16 } from "../wire/utf16.ts";
import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { OutputBuffer } from "./output-buffer.ts";
import { outputBuffer } from "./output-buffer.ts";

/** [MS-SMB2] 2.2.35 Flags. */
export const ChangeNotifyFlags = { WATCH_TREE: 0x0001 } as const;

/** [MS-SMB2] 2.2.35 CompletionFilter. */
export const CompletionFilter = {
  FILE_NAME: 0x0000_0001,
  DIR_NAME: 0x0000_0002,
  ATTRIBUTES: 0x0000_0004,
  SIZE: 0x0000_0008,
  LAST_WRITE: 0x0000_0010,
  LAST_ACCESS: 0x0000_0020,
  CREATION: 0x0000_0040,
  EA: 0x0000_0080,
  SECURITY: 0x0000_0100,
  STREAM_NAME: 0x0000_0200,
  STREAM_SIZE: 0x0000_0400,
  STREAM_WRITE: 0x0000_0800,
} as const;

/** [MS-FSCC] 2.7.1 Action. */
export const FileAction = {
  ADDED: 0x0000_0001,
  REMOVED: 0x0000_0002,
  MODIFIED: 0x0000_0003,
  RENAMED_OLD_NAME: 0x0000_0004,
  RENAMED_NEW_NAME: 0x0000_0005,
  ADDED_STREAM: 0x0000_0006,
  REMOVED_STREAM: 0x0000_0007,
  MODIFIED_STREAM: 0x0000_0008,
  REMOVED_BY_DELETE: 0x0000_0009,
  ID_NOT_TUNNELLED: 0x0000_000a,
  TUNNELLED_ID_COLLISION: 0x0000_000b,
} as const;

/** [MS-SMB2] 2.2.35 SMB2 CHANGE_NOTIFY Request. */
export interface ChangeNotifyRequest {
  /** ChangeNotifyFlags. */
  readonly flags: number;
  /** How many bytes the server may answer with. */
  readonly outputBufferLength: number;
  /** Of a directory. */
  readonly fileId: Uint8Array;
  /** CompletionFilter. */
  readonly completionFilter: number;
}

/** [MS-SMB2] 2.2.35. */
export const ChangeNotifyRequest: MessageCodec<ChangeNotifyRequest> = {
  name: "CHANGE_NOTIFY request",
  command: Command.CHANGE_NOTIFY,
  structureSize: 32,
  encode(w, m) {
    w.u16(m.flags); // Flags
    w.u32(m.outputBufferLength); // OutputBufferLength
    w.raw(m.fileId); // FileId
    w.u32(m.completionFilter); // CompletionFilter
    w.u32(0); // Reserved
  },
  decode(r) {
    const flags = r.u16();
    const outputBufferLength = r.u32();
    const fileId = r.raw(16);
    const completionFilter = r.u32();
    r.skip(4); // Reserved
    return { flags, outputBufferLength, fileId, completionFilter };
  },
};

/** [MS-SMB2] 2.2.36 SMB2 CHANGE_NOTIFY Response; see {@link decodeFileNotifyInformation}. */
export type ChangeNotifyResponse = OutputBuffer;

/** [MS-SMB2] 2.2.36. */
export const ChangeNotifyResponse: MessageCodec<ChangeNotifyResponse> = outputBuffer(
  "CHANGE_NOTIFY response",
  Command.CHANGE_NOTIFY,
);

/** [MS-FSCC] 2.7.1 FILE_NOTIFY_INFORMATION: one change. */
export interface FileNotifyInformation {
  /** FileAction. */
  readonly action: number;
  /** Relative to the watched directory. */
  readonly fileName: string;
}

/** NextEntryOffset, Action and FileNameLength. */
const FIXED_LENGTH = 12;

/**
 * The changes in a response's output buffer; none where it is empty, which means that too much
 * happened to tell ([MS-SMB2] 3.3.4.4, STATUS_NOTIFY_ENUM_DIR).
 *
 * @throws {WireFormatError} where an entry leaves the buffer or the chain does not move on
 */
export function decodeFileNotifyInformation(buffer: Uint8Array): FileNotifyInformation[] {
  const changes: FileNotifyInformation[] = [];
  let start = 0;
  while (start < buffer.length) {
    const r = new Reader(buffer, start);
    const next = r.u32();
    const action = r.u32();
    const fileNameLength = r.u32();
    changes.push({ action, fileName: decodeUtf16(r.raw(fileNameLength)) });
    if (next === 0) break;
    // An entry reaches over its own name at least, so the chain ends and no name is told twice.
    if (next < FIXED_LENGTH + fileNameLength || start + next >= buffer.length) {
      throw new WireFormatError(`FILE_NOTIFY_INFORMATION: NextEntryOffset is ${next}`);
    }
    start += next;
  }
  return changes;
}
