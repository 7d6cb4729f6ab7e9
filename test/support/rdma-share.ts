import { Command, ReadWriteChannel } from "../../src/core/smb2/constants.ts";
import {
  decodeRdmaTransform,
  encodeRdmaTransform,
  type RdmaCryptoTransform,
  RdmaTransformType,
} from "../../src/core/smb2/rdma-transform.ts";
import { type ReadRequest, ReadResponseFlags } from "../../src/core/smb2/read.ts";
import { type WriteRequest, writeData } from "../../src/core/smb2/write.ts";
import {
  type BufferDescriptorV1,
  decodeBufferDescriptors,
} from "../../src/transports/smbdirect/smbd-messages.ts";
import { smbDirectTransport } from "../../src/transports/smbdirect/smbdirect-transport.ts";
import { FakeServer, type FakeServerOptions } from "./fake-server.ts";
import { CLOSED, CREATED } from "./fake-session.ts";
import { type FakeDevice, type FakeQueuePair, FakeVerbs } from "./fake-verbs.ts";
import { listenFake } from "./smbd-listener.ts";

const INVALID_SIGNATURE = 0xc000_a000;
const END_OF_FILE = 0xc000_0011;
const NOTHING = new Uint8Array(0);

/** What a test may make this server do wrong. */
export interface RdmaMisdeeds {
  /** Place so many bytes fewer than it says, or say so many more than were asked for. */
  readonly claimMore?: number;
  /** Change what is placed after it was protected. */
  readonly tamper?: (placed: Uint8Array) => void;
  /** Place without the protection that was agreed on, as some servers do. */
  readonly unprotected?: boolean;
  /** Answer a READ in the message although it was to be placed. */
  readonly inline?: boolean;
  /** Never answer, or only when the promise is kept. */
  readonly answerAfter?: Promise<void>;
  readonly mutate?: (transform: RdmaCryptoTransform) => RdmaCryptoTransform;
}

/** One file behind SMB Direct in this process, whose server reads and writes the client's memory. */
export class RdmaShare {
  readonly verbs: FakeVerbs;
  readonly server: FakeServer;
  readonly content: Uint8Array;
  misdeeds: RdmaMisdeeds = {};
  /** Bytes that went by RDMA, and in messages. */
  readonly placed = { read: 0, written: 0 };
  readonly inline = { read: 0, written: 0 };
  readonly channels: number[] = [];
  /** The server's end of the newest connection. */
  queuePair: FakeQueuePair | undefined;

  constructor(content: Uint8Array, options: FakeServerOptions = {}, device: FakeDevice = {}) {
    this.content = content;
    this.verbs = new FakeVerbs(device);
    this.server = new FakeServer(options);
    this.server.on(Command.CREATE, ({ reply }) =>
      reply({ body: { ...CREATED, endOfFile: this.content.length } }),
    );
    this.server.on(Command.CLOSE, ({ reply }) => reply({ body: CLOSED }));
    this.server.on(Command.READ, (request) => {
      void this.#read(request);
    });
    this.server.on(Command.WRITE, (request) => {
      void this.#write(request);
    });
    listenFake(this.verbs, (wire, queuePair) => {
      this.queuePair = queuePair;
      this.server.accept(wire);
    });
  }

  factory(): ReturnType<typeof smbDirectTransport> {
    return smbDirectTransport({ verbs: this.verbs });
  }

  async #read({ body, reply, isEncrypted }: Parameters<Handler>[0]): Promise<void> {
    const { offset, length, channel, channelInfo } = body as ReadRequest;
    this.channels.push(channel);
    const data = this.content.slice(offset, offset + length);
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
    const sealed = isProtected ? this.server.security?.protectData(data, type) : undefined;
    const bytes = new Uint8Array(Buffer.concat(sealed?.parts ?? [data]));
    this.misdeeds.tamper?.(bytes);
    if (!this.#place(bytes, channelInfo)) return;
    this.placed.read += bytes.length;
    this.#invalidate(channel, channelInfo);
    reply({
      body: {
        data: sealed === undefined ? NOTHING : this.#describe(sealed.transform),
        dataRemaining: bytes.length + (this.misdeeds.claimMore ?? 0),
        flags: sealed === undefined ? 0 : ReadResponseFlags.RDMA_TRANSFORM,
      },
    });
  }

  #describe(transform: RdmaCryptoTransform): Uint8Array {
    const transforms = [this.misdeeds.mutate?.(transform) ?? transform];
    return encodeRdmaTransform({ channel: 0, descriptors: NOTHING, transforms });
  }

  async #write({ body, message, reply }: Parameters<Handler>[0]): Promise<void> {
    const { offset, channel, channelInfo, remainingBytes } = body as WriteRequest;
    this.channels.push(channel);
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
    const fetched = this.#fetch(descriptors, remainingBytes);
    if (fetched === undefined) return;
    this.misdeeds.tamper?.(fetched);
    const [only] = transform?.transforms ?? [];
    let data: Uint8Array | undefined = fetched;
    try {
      if (only !== undefined)
        data = this.server.security?.openData(fetched, only.type, only) ?? fetched;
    } catch {
      reply({ status: INVALID_SIGNATURE });
      return;
    }
    this.placed.written += data.length;
    this.content.set(data, offset);
    this.#invalidate(transform?.channel ?? channel, descriptors);
    reply({ body: { count: data.length } });
  }

  /** As ksmbd: what is encrypted stays so, if that was agreed on. */
  #transformType(isEncrypted: boolean): number | undefined {
    const ids = this.rdmaTransforms;
    if (isEncrypted)
      return ids.includes(RdmaTransformType.ENCRYPTION) ? RdmaTransformType.ENCRYPTION : undefined;
    return ids.includes(RdmaTransformType.SIGNING) ? RdmaTransformType.SIGNING : undefined;
  }

  rdmaTransforms: readonly number[] = [];

  /** False where the client's memory refused it. */
  #place(bytes: Uint8Array, channelInfo: Uint8Array): boolean {
    let at = 0;
    for (const { offset, token, length } of decodeBufferDescriptors(channelInfo)) {
      const piece = bytes.subarray(at, at + length);
      at += piece.length;
      if (piece.length > 0 && this.queuePair?.write(piece, offset, token) !== true) return false;
    }
    return true;
  }

  #fetch(channelInfo: Uint8Array, length: number): Uint8Array | undefined {
    const descriptors: readonly BufferDescriptorV1[] = decodeBufferDescriptors(channelInfo);
    const pieces = descriptors.map(({ offset, token, length: size }) =>
      this.queuePair?.read(size, offset, token),
    );
    if (pieces.some((piece) => piece === undefined)) return undefined;
    return new Uint8Array(Buffer.concat(pieces as Uint8Array[])).subarray(0, length);
  }

  #invalidate(channel: number, descriptors: Uint8Array): void {
    if (channel !== ReadWriteChannel.RDMA_V1_INVALIDATE) return;
    const [first] = decodeBufferDescriptors(descriptors);
    this.queuePair?.invalidateWithNextSend(first?.token ?? 0);
  }
}

type Handler = Parameters<FakeServer["on"]>[1];
