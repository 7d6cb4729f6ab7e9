import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.39 SMB2 SET_INFO Request. */
export interface SetInfoRequest {
  /** InfoType. */
  readonly infoType: number;
  /** A class of [MS-FSCC] 2.4 or 2.5; 0 for security and quota. */
  readonly fileInfoClass: number;
  /** SecurityInformation: which parts of a security descriptor to set; else 0. */
  readonly additionalInformation: number;
  readonly fileId: Uint8Array;
  readonly buffer: Uint8Array;
}

/** [MS-SMB2] 2.2.39. */
export const SetInfoRequest: MessageCodec<SetInfoRequest> = {
  name: "SET_INFO request",
  command: Command.SET_INFO,
  structureSize: 33,
  encode(w, m) {
    w.u8(m.infoType); // InfoType
    w.u8(m.fileInfoClass); // FileInfoClass
    w.u32(m.buffer.length); // BufferLength
    w.u16(w.tailOffset); // BufferOffset
    w.u16(0); // Reserved
    w.u32(m.additionalInformation); // AdditionalInformation
    w.raw(m.fileId); // FileId
    w.append(m.buffer);
  },
  decode(r) {
    const infoType = r.u8();
    const fileInfoClass = r.u8();
    const length = r.u32();
    const offset = r.u16();
    r.skip(2); // Reserved
    const additionalInformation = r.u32();
    const fileId = r.raw(16);
    const buffer = variablePart(r, offset, length);
    return { infoType, fileInfoClass, additionalInformation, fileId, buffer };
  },
};

/** [MS-SMB2] 2.2.40 SMB2 SET_INFO Response. */
export type SetInfoResponse = Readonly<Record<string, never>>;

/** [MS-SMB2] 2.2.40: StructureSize and nothing else. */
export const SetInfoResponse: MessageCodec<SetInfoResponse> = {
  name: "SET_INFO response",
  command: Command.SET_INFO,
  structureSize: 2,
  encode() {},
  decode() {
    return {};
  },
};
