import { ProtocolError, UnsupportedError, WireFormatError } from "../errors.ts";
import { decodeNdr, encodeNdr, type NdrType } from "./ndr.ts";
import {
  decodeBindAck,
  decodeBindNak,
  decodeFault,
  decodePduHeader,
  decodeResponse,
  encodeBind,
  encodeRequest,
  PDU_HEADER_LENGTH,
  PduFlags,
  type PduHeader,
  PduType,
  STUB_OFFSET,
  type SyntaxId,
} from "./pdu.ts";
import { RpcFaultError } from "./rpc-fault.ts";

/** What DCE/RPC needs of a named pipe in message mode. */
export interface RpcPipe {
  /** The largest fragment that we send and accept, in bytes. */
  readonly maxFragment: number;
  /** Writes one message and reads the answer; `more` where the answer is longer than `maxOutput`. */
  transceive(
    bytes: Uint8Array,
    maxOutput: number,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly more: boolean }>;
  /** What is left of a message, or the next one. */
  read(max: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Writes a message that has no answer; needed for requests larger than a fragment. */
  write?(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
}

/** An interface that can be bound to. */
export interface RpcInterface {
  /** For messages to people: `srvsvc`. */
  readonly name: string;
  readonly syntax: SyntaxId;
}

/** One operation of an interface: its number and how its parameters are represented. */
export interface RpcOperation<Q, R> {
  readonly name: string;
  readonly opnum: number;
  readonly request: NdrType<Q>;
  readonly response: NdrType<R>;
}

/** The most a response may hold over all its fragments, in bytes. */
export const MAX_RESPONSE_LENGTH: number = 16 * 1024 * 1024;
/** More fragments than any server needs for that much. */
const MAX_FRAGMENTS = 65_536;
/** C706 12.6.3.1 (MustRecvFragSize): no implementation may ask for smaller fragments. */
const MIN_FRAGMENT = 1432;
/** C706 12.6.3.1: reason 1 of a provider's rejection, abstract_syntax_not_supported. */
const UNKNOWN_INTERFACE = 1;

/**
 * A DCE/RPC client over one named pipe, bound to one interface ([MS-RPCE] 3.3.2). Calls wait for each
 * other: a pipe carries one at a time.
 */
export class RpcClient {
  readonly #pipe: RpcPipe;
  readonly #interface: RpcInterface;
  readonly #maxTransmit: number;
  #callId = 1;
  #previous: Promise<unknown> = Promise.resolve();

  private constructor(pipe: RpcPipe, rpcInterface: RpcInterface, maxTransmit: number) {
    this.#pipe = pipe;
    this.#interface = rpcInterface;
    this.#maxTransmit = maxTransmit;
  }

  /**
   * Binds to an interface.
   *
   * @throws {UnsupportedError} where the server does not have the interface
   * @throws {RpcFaultError} where the server answers with a fault
   * @throws {WireFormatError} where the answer is not DCE/RPC
   */
  static async bind(
    pipe: RpcPipe,
    rpcInterface: RpcInterface,
    signal?: AbortSignal,
  ): Promise<RpcClient> {
    const { maxFragment } = pipe;
    const message = {
      callId: 1,
      maxTransmit: maxFragment,
      maxReceive: maxFragment,
      abstractSyntax: rpcInterface.syntax,
    };
    const fragments = new FragmentReader(pipe, message.callId, signal);
    await fragments.transceive(encodeBind(message));
    const { header, pdu } = await fragments.next();
    if (header.type === PduType.FAULT) {
      throw new RpcFaultError(decodeFault(pdu), `bind to ${rpcInterface.name}`);
    }
    if (header.type === PduType.BIND_NAK) {
      const reason = decodeBindNak(pdu);
      throw new UnsupportedError(
        `The server refuses RPC on ${rpcInterface.name}: reason ${reason}`,
      );
    }
    if (header.type !== PduType.BIND_ACK) throw unexpectedType(header.type);
    const { result, reason, maxReceive } = decodeBindAck(pdu);
    if (result !== 0) {
      const why = reason === UNKNOWN_INTERFACE ? "it does not know it" : `reason ${reason}`;
      throw new UnsupportedError(`The server refuses the interface ${rpcInterface.name}: ${why}`);
    }
    if (maxReceive < MIN_FRAGMENT) {
      throw new ProtocolError(`DCE/RPC: the server accepts fragments of ${maxReceive} bytes only`);
    }
    return new RpcClient(pipe, rpcInterface, Math.min(maxFragment, maxReceive));
  }

  /**
   * Carries out one operation.
   *
   * @throws {RpcFaultError} where the server answers with a fault
   * @throws {WireFormatError} where the answer is not what the operation returns
   * @throws {ProtocolError} where the answer belongs to another call or never ends
   */
  call<Q, R>(operation: RpcOperation<Q, R>, request: Q, signal?: AbortSignal): Promise<R> {
    const result = this.#previous.then(() => this.#exchange(operation, request, signal));
    this.#previous = result.catch(() => {});
    return result;
  }

  async #exchange<Q, R>(
    operation: RpcOperation<Q, R>,
    request: Q,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    signal?.throwIfAborted();
    this.#callId += 1;
    const fragments = new FragmentReader(this.#pipe, this.#callId, signal);
    await this.#send(fragments, operation.opnum, encodeNdr(operation.request, request), signal);
    const name = `${this.#interface.name}.${operation.name}`;
    return decodeNdr(operation.response, await readResponse(fragments, name));
  }

  async #send(
    fragments: FragmentReader,
    opnum: number,
    stub: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const size = this.#maxTransmit - STUB_OFFSET;
    let at = 0;
    for (; stub.length - at > size; at += size) {
      if (this.#pipe.write === undefined) {
        throw new UnsupportedError(
          `An RPC request of ${stub.length} bytes does not fit a fragment`,
        );
      }
      await this.#pipe.write(this.#requestPdu(opnum, stub, at, at + size), signal);
    }
    await fragments.transceive(this.#requestPdu(opnum, stub, at, stub.length));
  }

  #requestPdu(opnum: number, stub: Uint8Array, from: number, to: number): Uint8Array {
    const flags = (from === 0 ? PduFlags.FIRST : 0) | (to === stub.length ? PduFlags.LAST : 0);
    const allocHint = stub.length - from;
    return encodeRequest({
      callId: this.#callId,
      flags,
      opnum,
      allocHint,
      stub: stub.subarray(from, to),
    });
  }
}

/** Puts the fragments of one response together. */
async function readResponse(fragments: FragmentReader, name: string): Promise<Uint8Array> {
  const stubs: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { header, pdu } = await fragments.next();
    if (header.type === PduType.FAULT) throw new RpcFaultError(decodeFault(pdu), name);
    if (header.type !== PduType.RESPONSE) throw unexpectedType(header.type);
    const isFirst = (header.flags & PduFlags.FIRST) !== 0;
    if (isFirst !== (stubs.length === 0)) {
      throw new ProtocolError("DCE/RPC: the fragments of a response are out of order");
    }
    const { stub } = decodeResponse(pdu);
    stubs.push(stub);
    length += stub.length;
    if (length > MAX_RESPONSE_LENGTH || stubs.length > MAX_FRAGMENTS) {
      throw new ProtocolError(`DCE/RPC: a response of more than ${MAX_RESPONSE_LENGTH} bytes`);
    }
    if ((header.flags & PduFlags.LAST) !== 0) break;
  }
  fragments.expectEnd();
  return join(stubs, length);
}

/** Cuts what a pipe delivers for one call into PDUs, wherever the messages were cut. */
class FragmentReader {
  readonly #pipe: RpcPipe;
  readonly #callId: number;
  readonly #signal: AbortSignal | undefined;
  #buffered: Uint8Array = new Uint8Array(0);

  constructor(pipe: RpcPipe, callId: number, signal: AbortSignal | undefined) {
    this.#pipe = pipe;
    this.#callId = callId;
    this.#signal = signal;
  }

  /** Sends the last fragment of a request; the answer's first bytes come with it. */
  async transceive(bytes: Uint8Array): Promise<void> {
    const answer = await this.#pipe.transceive(bytes, this.#pipe.maxFragment, this.#signal);
    this.#buffered = answer.bytes;
  }

  async next(): Promise<{ readonly header: PduHeader; readonly pdu: Uint8Array }> {
    await this.#fill(PDU_HEADER_LENGTH);
    const header = decodePduHeader(this.#buffered);
    await this.#fill(header.fragmentLength);
    if (header.callId !== this.#callId) {
      throw new ProtocolError(
        `DCE/RPC: an answer to call ${header.callId} instead of ${this.#callId}`,
      );
    }
    const pdu = this.#buffered.subarray(0, header.fragmentLength);
    this.#buffered = this.#buffered.subarray(header.fragmentLength);
    return { header, pdu };
  }

  expectEnd(): void {
    if (this.#buffered.length > 0) {
      throw new ProtocolError(`DCE/RPC: ${this.#buffered.length} bytes behind the last fragment`);
    }
  }

  async #fill(length: number): Promise<void> {
    const parts = [this.#buffered];
    let total = this.#buffered.length;
    while (total < length) {
      this.#signal?.throwIfAborted();
      const part = await this.#pipe.read(this.#pipe.maxFragment, this.#signal);
      if (part.length === 0) throw new WireFormatError("DCE/RPC: the pipe ended within a fragment");
      parts.push(part);
      total += part.length;
    }
    if (parts.length > 1) this.#buffered = join(parts, total);
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function unexpectedType(type: number): ProtocolError {
  return new ProtocolError(`DCE/RPC: an unexpected PDU of type ${type}`);
}
