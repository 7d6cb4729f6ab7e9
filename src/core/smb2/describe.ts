import { WireFormatError } from "../errors.ts";
import { NtStatus, ntStatusName } from "../nt-status.ts";
import { Reader } from "../wire/reader.ts";
import type { BodyCodec } from "./codec.ts";
import { decodeBody } from "./codec.ts";
import { Command, HeaderFlags } from "./constants.ts";
import { describeFields } from "./describe-fields.ts";
import { ErrorResponse } from "./error-response.ts";
import type { Smb2Header } from "./header.ts";
import { decodeHeader, HEADER_LENGTH, ProtocolId } from "./header.ts";
import { findCodec } from "./registry.ts";
import { decodeTransformHeader } from "./transform-header.ts";

const COMMAND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Command).map(([name, command]) => [command, name]),
);

/** Failures whose body is the command's own, not an ERROR response ([MS-SMB2] 3.3.4.4). */
const STATUS_WITH_OWN_BODY: ReadonlySet<number> = new Set([
  NtStatus.SUCCESS,
  NtStatus.NOTIFY_ENUM_DIR,
  NtStatus.BUFFER_OVERFLOW,
  NtStatus.MORE_PROCESSING_REQUIRED,
]);

/**
 * What a trace prints of a message as it was before encryption and compression: one line for each
 * command of a compound. Contents never appear: security tokens, file data and other buffers are
 * told by their length alone. Bytes that are no message are told as such; nothing is thrown.
 */
export function describeMessage(bytes: Uint8Array, direction: "request" | "response"): string {
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const message = bytes.subarray(start);
    try {
      const header = startsCommand(message) ? decodeHeader(message) : undefined;
      lines.push(header === undefined ? describeOther(message) : line(message, header, direction));
      const next = header?.nextCommand ?? 0;
      if (next < HEADER_LENGTH || next >= message.length) break;
      start += next;
    } catch (error) {
      lines.push(`${message.length} bytes that are no message: ${reason(error)}`);
      break;
    }
  }
  return lines.join("\n");
}

function startsCommand(message: Uint8Array): boolean {
  return new Reader(message).u32() === ProtocolId.SMB2;
}

function describeOther(message: Uint8Array): string {
  const protocolId = new Reader(message).u32();
  if (protocolId === ProtocolId.TRANSFORM) {
    const { sessionId, originalMessageSize } = decodeTransformHeader(message);
    return `ENCRYPTED session=0x${sessionId.toString(16)} length=${originalMessageSize}`;
  }
  if (protocolId === ProtocolId.COMPRESSION) return `COMPRESSED ${message.length} bytes`;
  if (protocolId === ProtocolId.SMB1) return `SMB1 ${message.length} bytes`;
  return `${message.length} bytes that are no SMB2 message`;
}

function line(message: Uint8Array, header: Smb2Header, direction: "request" | "response"): string {
  const own =
    header.nextCommand >= HEADER_LENGTH ? message.subarray(0, header.nextCommand) : message;
  const codec = codecOf(own, header, direction);
  const command = COMMAND_NAMES.get(header.command) ?? `COMMAND(${header.command})`;
  const name =
    codec === undefined || codec === ErrorResponse ? `${command} ${direction}` : codec.name;
  return [name, ...headerFields(header, direction), bodyFields(own, codec)]
    .filter((part) => part !== "")
    .join(" ");
}

function codecOf(
  message: Uint8Array,
  { command, status }: Smb2Header,
  direction: "request" | "response",
): BodyCodec<unknown> | undefined {
  if (message.length < HEADER_LENGTH + 2) return undefined;
  const structureSize = new Reader(message, HEADER_LENGTH).u16();
  const mayBeError = direction === "response" && !STATUS_WITH_OWN_BODY.has(status);
  if (mayBeError && structureSize === ErrorResponse.structureSize) return ErrorResponse;
  return findCodec(command, direction, structureSize);
}

function headerFields(header: Smb2Header, direction: "request" | "response"): string[] {
  const { flags, status } = header;
  const fields = [`mid=${header.messageId}`, `credits=${header.creditCharge}/${header.credits}`];
  if (direction === "response") fields.push(`status=${ntStatusName(status)}`);
  if ((flags & HeaderFlags.ASYNC_COMMAND) === 0) fields.push(`tree=${header.treeId}`);
  else fields.push(`async=0x${header.asyncId.toString(16)}`);
  fields.push(`session=0x${header.sessionId.toString(16)}`);
  if ((flags & HeaderFlags.RELATED_OPERATIONS) !== 0) fields.push("related");
  if ((flags & HeaderFlags.SIGNED) !== 0) fields.push("signed");
  if ((flags & HeaderFlags.REPLAY_OPERATION) !== 0) fields.push("replay");
  return fields;
}

function bodyFields(message: Uint8Array, codec: BodyCodec<unknown> | undefined): string {
  if (codec === undefined) return `(${message.length - HEADER_LENGTH} bytes not understood)`;
  try {
    return describeFields(decodeBody(message, codec));
  } catch (error) {
    return `(not understood: ${reason(error)})`;
  }
}

function reason(error: unknown): string {
  return error instanceof WireFormatError ? error.message : "unexpected error";
}
