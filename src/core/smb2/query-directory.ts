import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import type { MessageCodec } from "./codec.ts";
import { placeBlob16, variablePart } from "./codec.ts";
import { Command } from "./constants.ts";
import type { OutputBuffer } from "./output-buffer.ts";
import { outputBuffer } from "./output-buffer.ts";

/** [MS-SMB2] 2.2.33 Flags. */
export const QueryDirectoryFlags = {
  RESTART_SCANS: 0x01,
  RETURN_SINGLE_ENTRY: 0x02,
  INDEX_SPECIFIED: 0x04,
  REOPEN: 0x10,
} as const;

/** [MS-SMB2] 2.2.33 SMB2 QUERY_DIRECTORY Request. */
export interface QueryDirectoryRequest {
  /** A directory class of [MS-FSCC] 2.4. */
  readonly fileInformationClass: number;
  /** QueryDirectoryFlags. */
  readonly flags: number;
  /** Counts only with INDEX_SPECIFIED. */
  readonly fileIndex: number;
  readonly fileId: Uint8Array;
  /** The search pattern, with wildcards; `*` for everything. */
  readonly fileName: string;
  /** How many bytes the server may answer with. */
  readonly outputBufferLength: number;
}

/** [MS-SMB2] 2.2.33. */
export const QueryDirectoryRequest: MessageCodec<QueryDirectoryRequest> = {
  name: "QUERY_DIRECTORY request",
  command: Command.QUERY_DIRECTORY,
  structureSize: 33,
  encode(w, m) {
    w.u8(m.fileInformationClass); // FileInformationClass
    w.u8(m.flags); // Flags
    w.u32(m.fileIndex); // FileIndex
    w.raw(m.fileId); // FileId
    placeBlob16(w, "The pattern", encodeUtf16(m.fileName)); // FileNameOffset, FileNameLength
    w.u32(m.outputBufferLength); // OutputBufferLength
  },
  decode(r) {
    const fileInformationClass = r.u8();
    const flags = r.u8();
    const fileIndex = r.u32();
    const fileId = r.raw(16);
    const offset = r.u16();
    const length = r.u16();
    const outputBufferLength = r.u32();
    const fileName = decodeUtf16(variablePart(r, offset, length));
    return { fileInformationClass, flags, fileIndex, fileId, fileName, outputBufferLength };
  },
};

/** [MS-SMB2] 2.2.34 SMB2 QUERY_DIRECTORY Response. */
export type QueryDirectoryResponse = OutputBuffer;

/** [MS-SMB2] 2.2.34. */
export const QueryDirectoryResponse: MessageCodec<QueryDirectoryResponse> = outputBuffer(
  "QUERY_DIRECTORY response",
  Command.QUERY_DIRECTORY,
);
