import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.31 Flags. */
export const IoctlFlags = { IS_FSCTL: 0x0000_0001 } as const;

/** The FileId of an FSCTL that needs no open: 16 bytes 0xFF ([MS-SMB2] 3.2.4.20). Do not change it. */
export const NO_FILE_ID: Uint8Array = new Uint8Array(16).fill(0xff);

/** [MS-SMB2] 2.2.31 SMB2 IOCTL Request. */
export interface IoctlRequest {
  /** CtlCode. */
  readonly ctlCode: number;
  readonly fileId: Uint8Array;
  readonly input: Uint8Array;
  /** How many bytes of input the server may send back; 0 but for a few codes. */
  readonly maxInputResponse: number;
  /** How many bytes of output the server may send. */
  readonly maxOutputResponse: number;
  /** IoctlFlags. */
  readonly flags: number;
}

/** [MS-SMB2] 2.2.31. */
export const IoctlRequest: MessageCodec<IoctlRequest> = {
  name: "IOCTL request",
  command: Command.IOCTL,
  structureSize: 57,
  encode(w, m) {
    w.u16(0); // Reserved
    w.u32(m.ctlCode); // CtlCode
    w.raw(m.fileId); // FileId
    w.blob32(m.input); // InputOffset, InputCount
    w.u32(m.maxInputResponse); // MaxInputResponse
    w.u32(0).u32(0); // OutputOffset, OutputCount
    w.u32(m.maxOutputResponse); // MaxOutputResponse
    w.u32(m.flags); // Flags
    w.u32(0); // Reserved2
  },
  decode(r) {
    r.skip(2); // Reserved
    const ctlCode = r.u32();
    const fileId = r.raw(16);
    const inputOffset = r.u32();
    const inputCount = r.u32();
    const maxInputResponse = r.u32();
    r.skip(8); // OutputOffset, OutputCount
    const maxOutputResponse = r.u32();
    const flags = r.u32();
    r.skip(4); // Reserved2
    const input = variablePart(r, inputOffset, inputCount);
    return { ctlCode, fileId, input, maxInputResponse, maxOutputResponse, flags };
  },
};

/** [MS-SMB2] 2.2.32 SMB2 IOCTL Response. */
export interface IoctlResponse {
  readonly ctlCode: number;
  readonly fileId: Uint8Array;
  /** Mostly empty; a view. */
  readonly input: Uint8Array;
  /** A view. */
  readonly output: Uint8Array;
}

/** [MS-SMB2] 2.2.32. */
export const IoctlResponse: MessageCodec<IoctlResponse> = {
  name: "IOCTL response",
  command: Command.IOCTL,
  structureSize: 49,
  encode(w, m) {
    w.u16(0); // Reserved
    w.u32(m.ctlCode); // CtlCode
    w.raw(m.fileId); // FileId
    w.u32(w.tailOffset).u32(m.input.length).append(m.input); // InputOffset, InputCount
    if (m.input.length > 0) w.align(8); // [MS-SMB2] 2.2.32: the output is 8-byte aligned
    w.u32(w.tailOffset).u32(m.output.length).append(m.output); // OutputOffset, OutputCount
    w.u32(0).u32(0); // Flags, Reserved2
  },
  decode(r) {
    r.skip(2); // Reserved
    const ctlCode = r.u32();
    const fileId = r.raw(16);
    const inputOffset = r.u32();
    const inputCount = r.u32();
    const outputOffset = r.u32();
    const outputCount = r.u32();
    r.skip(8); // Flags, Reserved2
    const input = variablePart(r, inputOffset, inputCount);
    return { ctlCode, fileId, input, output: variablePart(r, outputOffset, outputCount) };
  },
};
