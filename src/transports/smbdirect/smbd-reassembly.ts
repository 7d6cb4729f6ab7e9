import { ProtocolError } from "../../core/errors.ts";
import { DATA_TRANSFER_MIN_LENGTH, type DataTransferHeader } from "./smbd-messages.ts";

/** Where whole upper-layer messages go. */
export interface ReassemblySink {
  /** Memory for a message of `length` bytes; its start is filled. */
  allocate(length: number): Uint8Array;
  message(bytes: Uint8Array): void;
}

/** Upper-layer messages of the Data Transfer messages that carry them ([MS-SMBD] 3.1.5.8). */
export class SmbdReassembly {
  readonly #maxFragmentedSize: number;
  readonly #sink: ReassemblySink;
  #message: Uint8Array | undefined;
  /** Connection.FragmentReassemblyRemaining. */
  #remaining = 0;

  constructor(maxFragmentedSize: number, sink: ReassemblySink) {
    this.#maxFragmentedSize = maxFragmentedSize;
    this.#sink = sink;
  }

  /** Nothing of an unfinished message is held. */
  get isAtBoundary(): boolean {
    return this.#message === undefined;
  }

  /**
   * Takes one Data Transfer message, header and all. A message without data, which only grants
   * credits or keeps the connection alive, may come at any time, between two fragments too.
   *
   * @throws {ProtocolError} where it breaks a rule: the connection must end
   */
  take(header: DataTransferHeader, message: Uint8Array): void {
    checkDataTransfer(header, message.length, this.#maxFragmentedSize);
    const { dataOffset, dataLength, remainingDataLength } = header;
    if (dataLength === 0) return;
    const memory = this.#continue(dataLength + remainingDataLength);
    const data = message.subarray(dataOffset, dataOffset + dataLength);
    memory.set(data, memory.length - this.#remaining);
    this.#remaining = remainingDataLength;
    if (remainingDataLength > 0) return;
    this.#message = undefined;
    this.#sink.message(memory);
  }

  /** The message under way, of which `left` bytes are to come with this fragment and after it. */
  #continue(left: number): Uint8Array {
    if (this.#message === undefined) {
      this.#message = this.#sink.allocate(left).subarray(0, left);
      this.#remaining = left;
    } else if (left !== this.#remaining) {
      throw new ProtocolError(
        `A fragment announces ${left} bytes where ${this.#remaining} are left of the message`,
      );
    }
    return this.#message;
  }
}

/** [MS-SMBD] 3.1.5.8: what a receiver must verify of every Data Transfer message. */
function checkDataTransfer(
  header: DataTransferHeader,
  length: number,
  maxFragmentedSize: number,
): void {
  const { creditsRequested, dataOffset, dataLength, remainingDataLength } = header;
  if (creditsRequested === 0) throw new ProtocolError("CreditsRequested is 0");
  if (dataOffset % 8 !== 0) {
    throw new ProtocolError(`DataOffset is ${dataOffset}, which is not a multiple of 8`);
  }
  if (dataOffset + dataLength > length) {
    throw new ProtocolError(
      `${dataLength} bytes of data at ${dataOffset} lie outside a message of ${length} bytes`,
    );
  }
  if (dataLength > 0 && dataOffset < DATA_TRANSFER_MIN_LENGTH) {
    throw new ProtocolError(`DataOffset is ${dataOffset}, inside the header`);
  }
  if (dataLength + remainingDataLength > maxFragmentedSize) {
    throw new ProtocolError(
      `A message of ${dataLength + remainingDataLength} bytes: the limit is ${maxFragmentedSize}`,
    );
  }
}
