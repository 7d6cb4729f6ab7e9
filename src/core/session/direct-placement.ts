import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import { ReceivePool } from "../connection/receive-pool.ts";
import type { OutboundRequest } from "../connection/request.ts";
import { ProtocolError } from "../errors.ts";
import { Command, Dialect, ReadWriteChannel } from "../smb2/constants.ts";
import { decodeRdmaTransform, encodeRdmaTransform } from "../smb2/rdma-transform.ts";
import { type ReadRequest, type ReadResponse, ReadResponseFlags } from "../smb2/read.ts";
import type { WriteRequest } from "../smb2/write.ts";
import type { RdmaCapability, RdmaRegion } from "../transport.ts";
import { type PlacementProtection, protectionFor } from "./placement-protection.ts";
import type { AnyRequestSpec, Reply } from "./request-spec.ts";
import { WriteMemory } from "./write-memory.ts";

/** Fewer bytes than these are cheaper in the message. */
export const PLACEMENT_THRESHOLD = 4096;

/** A READ or WRITE whose data go by RDMA. */
export interface PlacedRequest {
  /** What is sent instead of the request's own message and payload. */
  readonly request: Pick<OutboundRequest, "message" | "payload" | "expectedSize">;
  /** It must be encrypted although the session does not ask for that. */
  readonly encrypt: boolean;
  /**
   * The reply as if its data had come in it.
   *
   * @throws {ProtocolError} where the server placed something else than it may: the connection must end
   */
  complete<R>(reply: Reply<R>): Reply<R>;
  /**
   * The server has answered and nothing of it is wanted, or it was never asked. Idempotent. A request
   * that stays unanswered keeps its memory, which the server may still write to.
   */
  release(): void;
}

/** Data of answered requests that went by RDMA. */
export interface PlacedBytes {
  /** The server fetched them. */
  readonly sent: number;
  /** The server placed them. */
  readonly received: number;
}

/** Moves the data of READs and WRITEs on one channel by RDMA ([MS-SMB2] 3.2.4.6, 3.2.4.7). */
export class DirectPlacement {
  readonly #connection: Connection;
  readonly #security: MessageSecurity;
  readonly #rdma: RdmaCapability;
  readonly #moved = { sent: 0, received: 0 };
  /** Where protected data are opened: out of the reach of who placed them. */
  readonly #private = new ReceivePool();

  private constructor(connection: Connection, security: MessageSecurity, rdma: RdmaCapability) {
    this.#connection = connection;
    this.#security = security;
    this.#rdma = rdma;
  }

  /** Undefined where this channel's data never go by RDMA. */
  static of(connection: Connection, security: MessageSecurity): DirectPlacement | undefined {
    const { rdma } = connection.transport;
    if (rdma === undefined || connection.dialect < Dialect.SMB_3_0) return undefined;
    return new DirectPlacement(connection, security, rdma);
  }

  get moved(): PlacedBytes {
    return this.#moved;
  }

  /** The most bytes that one READ or WRITE should move; 0 where they go in messages. */
  sizeLimit(encrypt: boolean): number {
    const { negotiated } = this.#connection;
    const protection = protectionFor({ encrypt }, this.#security, negotiated);
    return protection === undefined ? 0 : this.#rdma.pieceSize;
  }

  /** Whether the data of `spec` would go by RDMA. */
  suits(spec: AnyRequestSpec): boolean {
    return this.#protectionOf(spec) !== undefined;
  }

  /** Memory for the data of a WRITE; undefined where they would be copied anyway, or none is free. */
  lendWriteMemory(length: number, encrypt: boolean): WriteMemory | undefined {
    if (length < PLACEMENT_THRESHOLD || length > this.#rdma.maxReadWriteSize) return undefined;
    const protection = protectionFor({ encrypt }, this.#security, this.#connection.negotiated);
    if (protection === undefined || protection.transform !== undefined) return undefined;
    const region = this.#rdma.tryLend(length, "peer-reads");
    return region === undefined ? undefined : new WriteMemory(region, this);
  }

  /** Prepares a request, or leaves it as it is where its data are to go in the message. */
  async prepare(spec: AnyRequestSpec): Promise<PlacedRequest | undefined> {
    const protection = this.#protectionOf(spec);
    if (protection === undefined) return undefined;
    const { memory } = spec;
    if (memory?.lender === this && protection.transform === undefined) {
      return this.#writeFrom(memory, spec, protection);
    }
    const length = placedLength(spec);
    const isRead = spec.request.command === Command.READ;
    const access = isRead ? "peer-writes" : "peer-reads";
    const region = await this.#rdma.lend(length, access, spec.signal);
    return isRead
      ? this.#read(spec.message as ReadRequest, region, protection)
      : this.#write(spec, region, protection);
  }

  #protectionOf(spec: AnyRequestSpec): PlacementProtection | undefined {
    const length = placedLength(spec);
    if (length < PLACEMENT_THRESHOLD || length > this.#rdma.maxReadWriteSize) return undefined;
    return protectionFor(spec, this.#security, this.#connection.negotiated);
  }

  #read(message: ReadRequest, region: RdmaRegion, protection: PlacementProtection): PlacedRequest {
    const channel = this.#channelOf(region);
    const channelInfo = region.expose(0, message.length);
    const placed: ReadRequest = { ...message, channel, channelInfo };
    return {
      request: { message: placed, expectedSize: message.length },
      encrypt: protection.encrypt,
      complete: <R>(reply: Reply<R>): Reply<R> => {
        if (!reply.hasBody) {
          region.release();
          return reply;
        }
        const body = this.#placedData(reply.body as ReadResponse, region, protection);
        return body === undefined
          ? reply
          : (new PlacedReply(reply, body) as Reply<unknown> as Reply<R>);
      },
      release: () => region.release(),
    };
  }

  #write(
    spec: AnyRequestSpec,
    region: RdmaRegion,
    { transform, encrypt }: PlacementProtection,
  ): PlacedRequest {
    const data = spec.payload as Uint8Array;
    const plainChannel = this.#channelOf(region);
    const release = (): void => region.release();
    if (transform === undefined) {
      region.memory.set(data);
      const channelInfo = region.expose(0, data.length);
      return this.#placedWrite(spec, { channel: plainChannel, channelInfo, encrypt, release });
    }
    const sealed = this.#security.protectData(data, transform);
    copyParts(sealed.parts, region.memory);
    const descriptors = region.expose(0, data.length);
    const transforms = [sealed.transform];
    const channelInfo = encodeRdmaTransform({ channel: plainChannel, descriptors, transforms });
    const channel = ReadWriteChannel.RDMA_TRANSFORM;
    return this.#placedWrite(spec, { channel, channelInfo, encrypt, release });
  }

  /** Its data lie already where the server can fetch them. */
  #writeFrom(
    memory: WriteMemory,
    spec: AnyRequestSpec,
    { encrypt }: PlacementProtection,
  ): PlacedRequest {
    return this.#placedWrite(spec, {
      channel: this.#channelOf(memory),
      channelInfo: memory.expose(spec.payload as Uint8Array),
      encrypt,
      release: () => memory.answered(),
    });
  }

  #placedWrite(
    spec: AnyRequestSpec,
    { channel, channelInfo, encrypt, release }: WritePlace,
  ): PlacedRequest {
    const { length } = spec.payload as Uint8Array;
    const placed: WriteRequest = {
      ...(spec.message as WriteRequest),
      ...{ length: 0, remainingBytes: length, channel, channelInfo },
    };
    return {
      request: { message: placed, expectedSize: length },
      encrypt,
      complete: <R>(reply: Reply<R>): Reply<R> => {
        release();
        if (reply.hasBody) this.#moved.sent += length;
        return reply;
      },
      release,
    };
  }

  /** SMB 3.0 knows no invalidation by the server ([MS-SMB2] 2.2.19). */
  #channelOf({ canBeInvalidated }: Pick<RdmaRegion, "canBeInvalidated">): number {
    const canInvalidate = canBeInvalidated && this.#connection.dialect >= Dialect.SMB_3_0_2;
    return canInvalidate ? ReadWriteChannel.RDMA_V1_INVALIDATE : ReadWriteChannel.RDMA_V1;
  }

  /** The data that the server says it has placed; undefined where it sent them in its message. */
  #placedData(
    { data, dataRemaining, flags }: ReadResponse,
    region: RdmaRegion,
    { transform }: PlacementProtection,
  ): PlacedData | undefined {
    const isTransformed = (flags & ReadResponseFlags.RDMA_TRANSFORM) !== 0;
    if (dataRemaining === 0 && !isTransformed) {
      region.release();
      return undefined;
    }
    if (dataRemaining > region.memory.length) {
      const asked = region.memory.length;
      throw new ProtocolError(`The server placed ${dataRemaining} bytes where ${asked} were asked`);
    }
    if (isTransformed !== (transform !== undefined)) {
      throw new ProtocolError(
        isTransformed
          ? "The server protected data placed by RDMA, which nobody asked for"
          : "The server placed data by RDMA without the protection that was agreed on",
      );
    }
    this.#moved.received += dataRemaining;
    const placed = region.memory.subarray(0, dataRemaining);
    if (transform === undefined) return { data: placed, release: () => region.release() };
    return this.#open(placed, transform, data, region);
  }

  /** What is checked must be what is used: a copy that the server cannot reach any more. */
  #open(placed: Uint8Array, transform: number, info: Uint8Array, region: RdmaRegion): PlacedData {
    const { transforms } = decodeRdmaTransform(info);
    const [only] = transforms;
    if (only === undefined || transforms.length !== 1) {
      throw new ProtocolError(`The server names ${transforms.length} transforms for placed data`);
    }
    const memory = this.#private.allocate(placed.length);
    const copy = memory.subarray(0, placed.length);
    copy.set(placed);
    region.release();
    const data = this.#security.openData(copy, transform, only);
    return { data, release: () => this.#private.release(memory) };
  }
}

/** From where the server fetches the data of a WRITE, and who is told that it has. */
interface WritePlace {
  readonly channel: number;
  readonly channelInfo: Uint8Array;
  readonly encrypt: boolean;
  readonly release: () => void;
}

interface PlacedData {
  readonly data: Uint8Array;
  release(): void;
}

/** A reply whose data lie elsewhere. */
class PlacedReply implements Reply<ReadResponse> {
  readonly status: number;
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly hasBody = true;
  readonly body: ReadResponse;
  readonly #release: () => void;

  constructor(reply: Reply<unknown>, { data, release }: PlacedData) {
    this.status = reply.status;
    this.treeId = reply.treeId;
    this.sessionId = reply.sessionId;
    this.body = { data, dataRemaining: 0, flags: 0 };
    this.#release = release;
    reply.release();
  }

  release(): void {
    this.#release();
  }
}

/** How many bytes of a request could go by RDMA; 0 for what never does. */
function placedLength(spec: AnyRequestSpec): number {
  if (spec.mayPlace !== true) return 0;
  return spec.payload?.length ?? spec.expectedSize ?? 0;
}

function copyParts(parts: readonly Uint8Array[], into: Uint8Array): void {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
}
