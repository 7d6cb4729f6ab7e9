import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import type { OutboundRequest, SendOptions, SentFrame } from "../connection/request.ts";
import { NtStatus } from "../nt-status.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { DirectPlacement, type PlacedBytes, type PlacedRequest } from "./direct-placement.ts";
import { type AnyRequestSpec, decodeReply } from "./request-spec.ts";
import type { WriteMemory } from "./write-memory.ts";

/** Requests of so many bytes take turns; small ones keep to one channel while all are idle. */
const LARGE_BYTES = 64 * 1024;
let turns = 0;

const NOTHING_PLACED: PlacedBytes = { sent: 0, received: 0 };

/** One connection of a session, with the key that signs there ([MS-SMB2] 3.2.1.8). */
export class Channel {
  readonly connection: Connection;
  readonly security: MessageSecurity;
  /** It is kept for the time when no other channel is left: TCP beside RDMA. */
  isStandby = false;
  readonly #placement: DirectPlacement | undefined;
  /** Grows with each large request, on all channels of the process: who had none for longest. */
  turn = 0;
  #outstandingBytes = 0;
  #busySinceMs = 0;
  #busyMs = 0;

  constructor(connection: Connection, security: MessageSecurity) {
    this.connection = connection;
    this.security = security;
    this.#placement = DirectPlacement.of(connection, security);
  }

  get isOpen(): boolean {
    return !this.connection.isClosed;
  }

  /** What one READ or WRITE of a file may carry now, in a share that asks for encryption or not. */
  chunkSize(encrypt: boolean): number {
    const limit = this.#placement?.sizeLimit(encrypt) ?? 0;
    return limit > 0 ? this.connection.placedChunkSize(limit) : this.connection.chunkSize;
  }

  /** Memory of this channel for the data of a WRITE, where they go from there without being copied. */
  lendWriteMemory(length: number, encrypt: boolean): WriteMemory | undefined {
    return this.#placement?.lendWriteMemory(length, encrypt);
  }

  /** Whether that is memory of this channel. */
  hasLent(memory: WriteMemory): boolean {
    return memory.lender === this.#placement;
  }

  /** What went by RDMA, beside the messages. */
  get placed(): PlacedBytes {
    return this.#placement?.moved ?? NOTHING_PLACED;
  }

  /** Bytes that requests under way carry, in either direction: what the load is spread by. */
  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  /** How long requests have been under way here so far, in milliseconds. */
  get busyMs(): number {
    const { clock } = this.connection;
    return this.#busyMs + (this.#outstandingBytes > 0 ? clock.now() - this.#busySinceMs : 0);
  }

  /** A request of so many bytes is given to this channel. */
  begin(bytes: number): void {
    if (this.#outstandingBytes === 0) this.#busySinceMs = this.connection.clock.now();
    this.#outstandingBytes += bytes;
    if (bytes >= LARGE_BYTES) {
      turns += 1;
      this.turn = turns;
    }
  }

  /** It is over, however it ended. */
  end(bytes: number): void {
    this.#outstandingBytes -= bytes;
    if (this.#outstandingBytes === 0)
      this.#busyMs += this.connection.clock.now() - this.#busySinceMs;
  }

  /** Whether the credits suffice to send all of `specs` in one frame, and the wire carries it. */
  canSendAtOnce(specs: readonly AnyRequestSpec[]): boolean {
    const isPlaced = specs.length === 1 && specs.every((spec) => this.#placement?.suits(spec));
    return isPlaced ? this.connection.canAfford(specs) : this.connection.canSendAtOnce(specs);
  }

  /** Prepares the data of a READ or WRITE to go by RDMA, where this channel does that. */
  async place(specs: readonly AnyRequestSpec[]): Promise<PlacedRequest | undefined> {
    const [only] = specs;
    if (only === undefined || specs.length > 1) return undefined;
    return await this.#placement?.prepare(only);
  }

  /**
   * Makes a request a message of this channel. It is the only place where that happens: a request
   * that is sent again on another channel comes through here again.
   */
  messageOf(spec: AnyRequestSpec, isReplay: boolean, placed?: PlacedRequest): OutboundRequest {
    const { onLateReply } = spec;
    const flags = (spec.flags ?? 0) | (isReplay ? HeaderFlags.REPLAY_OPERATION : 0);
    if (placed !== undefined) {
      const { request: codec, treeId } = spec;
      return { codec, ...placed.request, treeId, flags, onLateReply: () => placed.release() };
    }
    return {
      codec: spec.request,
      message: spec.message,
      payload: spec.payload,
      expectedSize: spec.expectedSize,
      treeId: spec.treeId,
      flags,
      mustBeProven: spec.mustBeProven,
      mayWait: spec.mayWait,
      onLateReply:
        onLateReply === undefined
          ? undefined
          : (raw) => {
              if (raw.header.status === NtStatus.SUCCESS)
                spec.onLateReply?.(decodeReply(raw, spec.response));
            },
    };
  }

  /** Sends requests as one frame, protected as the session wants it. */
  send(requests: readonly OutboundRequest[], options: SendOptions): Promise<SentFrame> {
    return this.connection.send(requests, { ...options, security: this.security });
  }
}
