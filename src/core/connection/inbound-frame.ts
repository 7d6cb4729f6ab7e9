import { ProtocolError, WireFormatError } from "../errors.ts";
import { decodeHeader, HEADER_LENGTH, ProtocolId, type Smb2Header } from "../smb2/header.ts";

/** One message of a received frame. */
export interface InboundMessage {
  readonly header: Smb2Header;
  readonly message: Uint8Array;
}

/** More messages than any server joins in one frame. */
const MOST_MESSAGES = 1024;

/** The ProtocolId at the start of a frame, as `ProtocolId` names them. */
export function protocolIdOf(frame: Uint8Array): number {
  if (frame.length < 4)
    throw new WireFormatError(`A frame of ${frame.length} bytes is no SMB message`);
  return new DataView(frame.buffer, frame.byteOffset, 4).getUint32(0, true);
}

/**
 * The messages of a plain frame, in order ([MS-SMB2] 3.2.5.1.9).
 *
 * @throws {ProtocolError} where the frame is SMB1 or compressed, which was never agreed
 * @throws {WireFormatError} where NextCommand leads out of the frame, nowhere, or on and on
 */
export function splitFrame(frame: Uint8Array): InboundMessage[] {
  refuseOtherProtocols(protocolIdOf(frame));
  const messages: InboundMessage[] = [];
  let start = 0;
  for (;;) {
    const header = decodeHeader(start === 0 ? frame : frame.subarray(start));
    const { nextCommand } = header;
    if (nextCommand === 0) {
      messages.push({ header, message: start === 0 ? frame : frame.subarray(start) });
      return messages;
    }
    const end = start + nextCommand;
    if (
      nextCommand < HEADER_LENGTH ||
      nextCommand % 8 !== 0 ||
      end > frame.length - HEADER_LENGTH
    ) {
      throw new WireFormatError(
        `NextCommand ${nextCommand} leads out of a frame of ${frame.length} bytes`,
      );
    }
    messages.push({ header, message: frame.subarray(start, end) });
    if (messages.length === MOST_MESSAGES) {
      throw new WireFormatError(`A frame with more than ${MOST_MESSAGES} messages`);
    }
    start = end;
  }
}

function refuseOtherProtocols(protocolId: number): void {
  if (protocolId === ProtocolId.SMB1) {
    throw new ProtocolError(
      "The server answered in SMB1, which smbx never speaks: it is obsolete and insecure",
    );
  }
  if (protocolId === ProtocolId.COMPRESSION) {
    throw new ProtocolError(
      "The server sent a compressed message although compression was not agreed",
    );
  }
}
