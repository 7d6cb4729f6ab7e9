import {
  decodeBind,
  decodePduHeader,
  decodeRequest,
  encodeBindAck,
  encodeResponse,
  PduType,
  type RequestPdu,
} from "../../../src/core/rpc/pdu.ts";
import type { RpcPipe } from "../../../src/core/rpc/rpc-client.ts";

/** What a service answers to one request: PDUs, each a message of its own. */
export type Service = (request: RequestPdu) => readonly Uint8Array[];

/** A named pipe in message mode with a service behind it, which hands out `chunk` bytes at a time. */
export class FakePipe implements RpcPipe {
  readonly maxFragment: number = 4280;
  /** How many times the client read or wrote. */
  operations = 0;
  /** Every PDU the client sent. */
  readonly sent: Uint8Array[] = [];
  answerBind: (callId: number) => Uint8Array;
  readonly #service: Service;
  readonly #chunk: number;
  #messages: Uint8Array[] = [];
  #stub: Uint8Array[] = [];

  constructor(service: Service, options: { chunk?: number; maxReceive?: number } = {}) {
    this.#service = service;
    this.#chunk = options.chunk ?? 4280;
    const maxReceive = options.maxReceive ?? 4280;
    this.answerBind = (callId) =>
      encodeBindAck({
        callId,
        maxTransmit: 4280,
        maxReceive,
        secondaryAddress: "\\PIPE\\srvsvc",
        result: 0,
        reason: 0,
      });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.operations += 1;
    this.sent.push(bytes.slice());
    this.#stub.push(decodeRequest(bytes).stub.slice());
  }

  async transceive(
    bytes: Uint8Array,
    maxOutput: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly more: boolean }> {
    this.operations += 1;
    this.sent.push(bytes.slice());
    const { type } = decodePduHeader(bytes);
    if (type === PduType.BIND) this.#messages = [this.answerBind(decodeBind(bytes).callId)];
    else {
      const request = decodeRequest(bytes);
      const stub = Buffer.concat([...this.#stub, request.stub]);
      this.#stub = [];
      this.#messages = [...this.#service({ ...request, stub })];
    }
    const before = this.#messages[0]?.length ?? 0;
    const part = this.#take(maxOutput);
    return { bytes: part, more: part.length < before };
  }

  async read(max: number): Promise<Uint8Array> {
    this.operations += 1;
    return this.#take(max);
  }

  /** The next bytes of the oldest message; never of two messages at once. */
  #take(max: number): Uint8Array {
    const [message] = this.#messages;
    if (message === undefined) return new Uint8Array(0);
    const length = Math.min(max, this.#chunk);
    if (length >= message.length) this.#messages.shift();
    else this.#messages[0] = message.subarray(length);
    return message.subarray(0, length);
  }
}

/** A stub as response PDUs with at most `size` bytes of it each. */
export function responsePdus(
  callId: number,
  stub: Uint8Array,
  size: number = stub.length,
): Uint8Array[] {
  const pdus: Uint8Array[] = [];
  let at = 0;
  do {
    const part = stub.subarray(at, at + size);
    const flags = (at === 0 ? 1 : 0) | (at + size >= stub.length ? 2 : 0);
    pdus.push(encodeResponse({ callId, flags, allocHint: stub.length - at, stub: part }));
    at += size;
  } while (at < stub.length);
  return pdus;
}
