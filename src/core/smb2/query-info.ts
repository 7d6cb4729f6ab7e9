import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import { Command } from "./constants.ts";
import type { OutputBuffer } from "./output-buffer.ts";
import { outputBuffer } from "./output-buffer.ts";

/** [MS-SMB2] 2.2.37 and 2.2.39 AdditionalInformation for security descriptors. */
export const SecurityInformation = {
  OWNER: 0x0000_0001,
  GROUP: 0x0000_0002,
  DACL: 0x0000_0004,
  SACL: 0x0000_0008,
  LABEL: 0x0000_0010,
  ATTRIBUTE: 0x0000_0020,
  SCOPE: 0x0000_0040,
  BACKUP: 0x0001_0000,
} as const;

/** [MS-SMB2] 2.2.37 Flags, for FileFullEaInformation. */
export const QueryInfoFlags = {
  RESTART_SCAN: 0x0000_0001,
  RETURN_SINGLE_ENTRY: 0x0000_0002,
  INDEX_SPECIFIED: 0x0000_0004,
} as const;

/** [MS-SMB2] 2.2.37 SMB2 QUERY_INFO Request. */
export interface QueryInfoRequest {
  /** InfoType. */
  readonly infoType: number;
  /** A class of [MS-FSCC] 2.4 or 2.5; 0 for security and quota. */
  readonly fileInfoClass: number;
  /** How many bytes the server may answer with. */
  readonly outputBufferLength: number;
  /** SecurityInformation, or the EA index. */
  readonly additionalInformation: number;
  /** QueryInfoFlags. */
  readonly flags: number;
  readonly fileId: Uint8Array;
  /** Quota or EA lists; mostly empty. */
  readonly inputBuffer: Uint8Array;
}

/** [MS-SMB2] 2.2.37. */
export const QueryInfoRequest: MessageCodec<QueryInfoRequest> = {
  name: "QUERY_INFO request",
  command: Command.QUERY_INFO,
  structureSize: 41,
  encode(w, m) {
    w.u8(m.infoType); // InfoType
    w.u8(m.fileInfoClass); // FileInfoClass
    w.u32(m.outputBufferLength); // OutputBufferLength
    w.u16(m.inputBuffer.length === 0 ? 0 : w.tailOffset); // InputBufferOffset
    w.u16(0); // Reserved
    w.u32(m.inputBuffer.length).append(m.inputBuffer); // InputBufferLength
    w.u32(m.additionalInformation); // AdditionalInformation
    w.u32(m.flags); // Flags
    w.raw(m.fileId); // FileId
  },
  decode(r) {
    const infoType = r.u8();
    const fileInfoClass = r.u8();
    const outputBufferLength = r.u32();
    const inputOffset = r.u16();
    r.skip(2); // Reserved
    const inputLength = r.u32();
    const additionalInformation = r.u32();
    const flags = r.u32();
    const fileId = r.raw(16);
    return {
      infoType,
      fileInfoClass,
      outputBufferLength,
      additionalInformation,
      flags,
      fileId,
      inputBuffer: variablePart(r, inputOffset, inputLength),
    };
  },
};

/** [MS-SMB2] 2.2.38 SMB2 QUERY_INFO Response. */
export type QueryInfoResponse = OutputBuffer;

/** [MS-SMB2] 2.2.38. */
export const QueryInfoResponse: MessageCodec<QueryInfoResponse> = outputBuffer(
  "QUERY_INFO response",
  Command.QUERY_INFO,
);
