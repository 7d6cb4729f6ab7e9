import { Command, ReadWriteChannel } from "../../src/core/smb2/constants.ts";
import {
  decodeRdmaTransform,
  encodeRdmaTransform,
  type RdmaCryptoTransform,
  RdmaTransformType,
} from "../../src/core/smb2/rdma-transform.ts";
import { type ReadRequest, ReadResponseFlags } from "../../src/core/smb2/read.ts";
import { type WriteRequest, writeData } from "../../src/core/smb2/write.ts";
import type { Transport } from "../../src/core/transport.ts";
import {
  type BufferDescriptorV1,
  decodeBufferDescriptors,
} from "../../src/transports/smbdirect/smbd-messages.ts";
import { FakeServer, type FakeServerOptions } from "./fake-server.ts";
import { CLOSED, CREATED } from "./fake-session.ts";

const INVALID_SIGNATURE = 0xc000_a000;
const END_OF_FILE = 0xc000_0011;
const NOTHING = new Uint8Array(0);

/** The memory of a client, as the server at the other end of its queue pair reaches it. */
export interface PeerMemory {
  /** RDMA WRITE: false, and the connection breaks, where the client's device refuses it. */
  write(bytes: Uint8Array, address: bigint, key: number): boolean | Promise<boolean>;
  /** RDMA READ, a copy; undefined likewise. */
  read(
    length: number,
    address: bigint,
    key: number,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** The next message invalidates this key. */
  invalidateWithNextSend(key: number): void;
}

/** What a test may make this server do wrong. */
export interface RdmaMisdeeds {
  /** Place so many bytes fewer than it says, or say so many more than were asked for. */
  readonly claimMore?: number;
  /** Place and tell no more than so many bytes of what was asked for. */
  readonly atMost?: number;
  /** Reach for other memory than the descriptor names; where it is longer, zeros are placed behind. */
  readonly misplace?: (descriptor: BufferDescriptorV1) => BufferDescriptorV1;
  /** Invalidate another key than that of the request. */
  readonly invalidate?: (token: number) => number;
  /** After a READ was answered, reach for its memory again. */
  readonly comesBack?: boolean;
  /** What a WRITE is answered with where so much was fetched. */
  readonly count?: (fetched: number) => number;
  /** Answer with this status, when the data were placed or fetched. */
  readonly status?: number;
  /** Change what is placed after it was protected. */
  readonly tamper?: (placed: Uint8Array) => void;
  /** Place without the protection that was agreed on, as some servers do. */
  readonly unprotected?: boolean;
  /** Answer a READ in the message although it was to be placed. */
  readonly inline?: boolean;
  /** Do something else with a WRITE; true where nothing more is to be done. */
  readonly instead?: (request: Request) => boolean;
  /** Never answer, or only when the promise is kept. */
  readonly answerAfter?: Promise<void>;
  readonly mutate?: (transform: RdmaCryptoTransform) => RdmaCryptoTransform;
  /** Name the transform of placed data so often. */
  readonly transformCount?: number;
}

/** One file behind SMB Direct in this process, whose server reads and writes the client's memory. */
export class PlacingShare {
  readonly server: FakeServer;
  readonly content: Uint8Array;
  misdeeds: RdmaMisdeeds = {};
  rdmaTransforms: readonly number[] = [];
  /** Bytes that went by RDMA, and in messages. */
  readonly placed = { read: 0, written: 0 };
  readonly inline = { read: 0, written: 0 };
  readonly channels: number[] = [];
  /** By connection: what the server reaches of the client. */
  readonly #memories: (PeerMemory | undefined)[] = [];

  constructor(content: Uint8Array, options: FakeServerOptions = {}) {
    this.content = content;
    this.rdmaTransforms = options.rdmaTransforms ?? [];
    this.server = new FakeServer(options);
    this.server.on(Command.CREATE, ({ reply }) =>
      reply({ body: { ...CREATED, endOfFile: this.content.length } }),
    );
    this.server.on(Command.CLOSE, ({ reply }) => reply({ body: CLOSED }));
    this.server.on(Command.READ, (request) => {
      void this.#read(request);
    });
    this.server.on(Command.WRITE, (request) => {
      if (this.misdeeds.instead?.(request) !== true) void this.#write(request);
    });
  }

  /** Serves a wire; without `memory` it is one that places nothing. */
  accept(wire: Transport, memory?: PeerMemory): void {
    this.#memories[this.server.connectionCount] = memory;
    this.server.accept(wire);
  }

  async #read(request: Request): Promise<void> {
    const { body, reply, isEncrypted, connection } = request;
    const { offset, length, channel, channelInfo } = body as ReadRequest;
    this.channels.push(channel);
    const { atMost = length, status } = this.misdeeds;
    const data = this.content.slice(offset, offset + Math.min(length, atMost));
    await this.misdeeds.answerAfter;
    if (data.length === 0) {
      reply({ status: END_OF_FILE });
      return;
    }
    if (channel === ReadWriteChannel.NONE || this.misdeeds.inline === true) {
      this.inline.read += data.length;
      reply({ body: { data, dataRemaining: 0, flags: 0 } });
      return;
    }
    const type = this.#transformType(isEncrypted);
    const isProtected = type !== undefined && this.misdeeds.unprotected !== true;
    const security = this.server.securityOf(connection);
    const sealed = isProtected ? security?.protectData(data, type) : undefined;
    const bytes = new Uint8Array(Buffer.concat(sealed?.parts ?? [data]));
    this.misdeeds.tamper?.(bytes);
    if (!(await this.#place(connection, bytes, channelInfo))) return;
    this.placed.read += bytes.length;
    this.#invalidate(connection, channel, channelInfo);
    if (status !== undefined) {
      reply({ status });
      return;
    }
    reply({
      body: {
        data: sealed === undefined ? NOTHING : this.#describe(sealed.transform),
        dataRemaining: bytes.length + (this.misdeeds.claimMore ?? 0),
        flags: sealed === undefined ? 0 : ReadResponseFlags.RDMA_TRANSFORM,
      },
    });
    if (this.misdeeds.comesBack === true) await this.#place(connection, bytes, channelInfo);
  }

  #describe(transform: RdmaCryptoTransform): Uint8Array {
    const { mutate, transformCount = 1 } = this.misdeeds;
    const only = mutate?.(transform) ?? transform;
    const transforms = Array.from({ length: transformCount }, () => only);
    return encodeRdmaTransform({ channel: 0, descriptors: NOTHING, transforms });
  }

  async #write({ body, message, reply, connection }: Request): Promise<void> {
    const { offset, channel, channelInfo, remainingBytes } = body as WriteRequest;
    this.channels.push(channel);
    const { status } = this.misdeeds;
    await this.misdeeds.answerAfter;
    if (channel === ReadWriteChannel.NONE) {
      const data = writeData(message);
      this.inline.written += data.length;
      this.content.set(data, offset);
      reply({ body: { count: data.length } });
      return;
    }
    const isTransformed = channel === ReadWriteChannel.RDMA_TRANSFORM;
    const transform = isTransformed ? decodeRdmaTransform(channelInfo) : undefined;
    const descriptors = transform?.descriptors ?? channelInfo;
    const fetched = await this.#fetch(connection, descriptors, remainingBytes);
    if (fetched === undefined) return;
    this.misdeeds.tamper?.(fetched);
    const [only] = transform?.transforms ?? [];
    let data: Uint8Array | undefined = fetched;
    try {
      if (only !== undefined)
        data = this.server.securityOf(connection)?.openData(fetched, only.type, only) ?? fetched;
    } catch {
      reply({ status: INVALID_SIGNATURE });
      return;
    }
    this.#invalidate(connection, transform?.channel ?? channel, descriptors);
    if (status !== undefined) {
      reply({ status });
      return;
    }
    this.placed.written += data.length;
    const count = this.misdeeds.count?.(data.length) ?? data.length;
    this.content.set(data.subarray(0, count), offset);
    reply({ body: { count } });
  }

  /** As ksmbd: what is encrypted stays so, if that was agreed on. */
  #transformType(isEncrypted: boolean): number | undefined {
    const ids = this.rdmaTransforms;
    if (isEncrypted)
      return ids.includes(RdmaTransformType.ENCRYPTION) ? RdmaTransformType.ENCRYPTION : undefined;
    return ids.includes(RdmaTransformType.SIGNING) ? RdmaTransformType.SIGNING : undefined;
  }

  /** False where the client's memory refused it. */
  async #place(connection: number, bytes: Uint8Array, channelInfo: Uint8Array): Promise<boolean> {
    const { misplace } = this.misdeeds;
    let at = 0;
    for (const named of decodeBufferDescriptors(channelInfo)) {
      const { offset, token, length } = misplace?.(named) ?? named;
      const piece =
        length > named.length
          ? new Uint8Array(Buffer.concat([bytes.subarray(at), new Uint8Array(length)], length))
          : bytes.subarray(at, at + length);
      at += piece.length;
      if (piece.length === 0) continue;
      if ((await this.#memories[connection]?.write(piece, offset, token)) !== true) return false;
    }
    return true;
  }

  async #fetch(
    connection: number,
    channelInfo: Uint8Array,
    length: number,
  ): Promise<Uint8Array | undefined> {
    const { misplace } = this.misdeeds;
    const pieces: Uint8Array[] = [];
    for (const named of decodeBufferDescriptors(channelInfo)) {
      const { offset, token, length: size } = misplace?.(named) ?? named;
      const piece = await this.#memories[connection]?.read(size, offset, token);
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    return new Uint8Array(Buffer.concat(pieces)).subarray(0, length);
  }

  #invalidate(connection: number, channel: number, descriptors: Uint8Array): void {
    if (channel !== ReadWriteChannel.RDMA_V1_INVALIDATE) return;
    const [first] = decodeBufferDescriptors(descriptors);
    const token = first?.token ?? 0;
    this.#memories[connection]?.invalidateWithNextSend(this.misdeeds.invalidate?.(token) ?? token);
  }
}

type Request = Parameters<Parameters<FakeServer["on"]>[1]>[0];
