import { AbortListeners } from "../../../src/core/abort-listeners.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { sendOneByOne } from "../../../src/core/session/one-by-one.ts";
import {
  type AnyRequestSpec,
  commandOf,
  type Reply,
  type RequestSpec,
} from "../../../src/core/session/request-spec.ts";
import type { CompoundOptions, Session } from "../../../src/core/session/session.ts";
import { askAgain } from "../../../src/core/session/turned-away.ts";
import { Command, Dialect } from "../../../src/core/smb2/constants.ts";
import type { CreateRequest } from "../../../src/core/smb2/create.ts";
import type { ReadRequest } from "../../../src/core/smb2/read.ts";
import type { WriteRequest } from "../../../src/core/smb2/write.ts";
import { Tree } from "../../../src/core/tree/tree.ts";
import { HurriedClock } from "../../support/clock.ts";
import { MemoryFiles, Refusal } from "./memory-files.ts";

/** What a fault may look at, and change. */
export interface Operation {
  readonly command: number;
  readonly message: unknown;
  /** How many operations came before, of all kinds. */
  readonly index: number;
  readonly isCompound: boolean;
}

/** What happens to one operation instead of the normal. */
export interface Fault {
  /** It fails with this status. */
  readonly status?: number;
  /** The connection breaks: this and everything later rejects with the error. */
  readonly error?: Error;
  /** READ gives, WRITE takes at most so many bytes; IOCTL gives no more and says BUFFER_OVERFLOW. */
  readonly atMost?: number;
  /** WRITE claims to have been carried out, and was not. */
  readonly lostWrite?: boolean;
  /** Done before the operation. */
  readonly before?: () => void;
}

export interface MemoryShareOptions {
  readonly chunkSize?: number;
  readonly clock?: Clock;
  /** It grants so few credits that no compound leaves as one frame. */
  readonly isFrugal?: boolean;
  /** Which of the waiting operations is carried out next; the oldest where not given. */
  readonly pick?: (waiting: number) => number;
  readonly fault?: (operation: Operation) => Fault | undefined;
}

const RELATED = new Uint8Array(16).fill(0xff).join();

/**
 * A share in memory below a real `Tree`: it answers in any order, fails where it is told to, reads
 * the payload of a WRITE only when it is carried out, and spoils the buffer of a READ once it is
 * released, so that a client that reuses memory too early is found out.
 */
export class MemoryShare extends MemoryFiles {
  readonly options: MemoryShareOptions;
  /** Bytes in READs and WRITEs that are under way or not released: the most there were at once. */
  mostOutstanding = 0;
  readonly commands: number[] = [];
  frames = 0;
  /** How often a frame was sent while none was under way: what a slow link makes dear. */
  roundTrips = 0;
  #framesUnderWay = 0;
  #outstanding = 0;
  #broken: Error | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #aborts = new AbortListeners();
  #isDraining = false;

  constructor(options: MemoryShareOptions = {}) {
    super();
    this.options = options;
  }

  /** A connected tree on this share. */
  connect(): Promise<Tree> {
    const { chunkSize = 1 << 20 } = this.options;
    // A guid of its own: what is learnt about one test's server says nothing about another's.
    const serverGuid = crypto.getRandomValues(new Uint8Array(16));
    const connection = {
      dialect: Dialect.SMB_3_1_1,
      serverGuid,
      clock: this.options.clock ?? new HurriedClock(),
      negotiated: { serverGuid, dialect: Dialect.SMB_3_1_1, offer: { dialects: [] } },
    };
    const session = {
      connection,
      isMultichannel: false,
      isClosed: false,
      hasLostChannel: false,
      chunkSize,
      lendWriteMemory: () => undefined,
      transactSize: (wanted: number) => wanted,
      abort: () => {},
      request: (spec: AnyRequestSpec) => this.#request(spec),
      canSendAtOnce: () => this.options.isFrugal !== true,
      compound: (specs: readonly AnyRequestSpec[], options: CompoundOptions) =>
        this.#compound(specs, options),
    };
    return Tree.connect(session as unknown as Session, "\\\\memory\\share");
  }

  async #request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    const [result] = await this.#frame([spec as AnyRequestSpec], spec.signal, false);
    if (result === undefined || result instanceof Error) throw result;
    return result as Reply<R>;
  }

  async #compound(specs: readonly AnyRequestSpec[], { signal, isWhole }: CompoundOptions) {
    const alone = (spec: AnyRequestSpec) => this.#request({ ...spec, signal });
    if (this.options.isFrugal === true) return sendOneByOne(specs, alone);
    const results = await this.#frame(specs, signal, true);
    return isWhole === true ? results : askAgain(specs, results, alone);
  }

  #frame(
    specs: readonly AnyRequestSpec[],
    signal: AbortSignal | undefined,
    isCompound: boolean,
  ): Promise<(Reply<unknown> | NtStatusError)[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    this.frames += 1;
    if (this.#framesUnderWay === 0) this.roundTrips += 1;
    this.#framesUnderWay += 1;
    const bytes = specs.reduce((sum, spec) => sum + sizeOf(spec), 0);
    this.#count(bytes);
    return new Promise((resolve, reject) => {
      let isAbandoned = false;
      const onAbort = (): void => {
        isAbandoned = true;
        this.#count(-bytes);
        reject(signal?.reason);
      };
      const forget = signal === undefined ? undefined : this.#aborts.add(signal, onAbort);
      this.#enqueue(() => {
        const replies = this.#carryOut(specs, isCompound);
        this.#framesUnderWay -= 1;
        if (isAbandoned) {
          specs.forEach((spec, at) => {
            const reply = replies instanceof Error ? undefined : replies[at];
            if (reply !== undefined && !(reply instanceof Error)) spec.onLateReply?.(reply);
          });
          return;
        }
        forget?.();
        const held = replies instanceof Error ? 0 : this.#held(specs, replies);
        this.#count(held - bytes);
        if (replies instanceof Error) reject(replies);
        else resolve(replies);
      });
    });
  }

  #carryOut(
    specs: readonly AnyRequestSpec[],
    isCompound: boolean,
  ): (Reply<unknown> | NtStatusError)[] | Error {
    if (this.#broken !== undefined) return this.#broken;
    let fileId: Uint8Array | undefined;
    let createFailed: NtStatusError | undefined;
    const replies: (Reply<unknown> | NtStatusError)[] = [];
    for (const spec of specs) {
      if (createFailed !== undefined) {
        replies.push(createFailed);
        continue;
      }
      const result = this.#one(spec, fileId, isCompound);
      if (result instanceof NtStatusError) {
        if (spec.request.command === Command.CREATE) createFailed = result;
        replies.push(result);
      } else if (result instanceof Error) return result;
      else {
        if (spec.request.command === Command.CREATE)
          fileId = (result.body as { fileId: Uint8Array }).fileId;
        replies.push(result);
      }
    }
    return replies;
  }

  #one(spec: AnyRequestSpec, related: Uint8Array | undefined, isCompound: boolean) {
    const { command } = spec.request;
    const message = withFileId(spec.message, related);
    const fault = this.options.fault?.({
      command,
      message,
      index: this.commands.length,
      isCompound,
    });
    this.commands.push(command);
    fault?.before?.();
    if (fault?.error !== undefined) {
      this.#broken = fault.error;
      return fault.error;
    }
    try {
      if (fault?.status !== undefined) throw new Refusal(fault.status);
      const body = this.#body(command, message, spec, fault);
      const limit = fault?.atMost;
      if (command === Command.IOCTL && limit !== undefined) {
        const { output } = body as { output: Uint8Array };
        const status = output.length > limit ? NtStatus.BUFFER_OVERFLOW : NtStatus.SUCCESS;
        return reply({ output: output.subarray(0, limit) }, () => {}, status);
      }
      return reply(body, () => this.#release(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (spec.accept?.includes(error.status)) return reply(undefined, () => {}, error.status);
      return new NtStatusError(error.status, { command: commandOf(spec), path: spec.path });
    }
  }

  #body(
    command: number,
    message: unknown,
    spec: AnyRequestSpec,
    fault: Fault | undefined,
  ): unknown {
    const limit = fault?.atMost ?? Number.POSITIVE_INFINITY;
    switch (command) {
      case Command.TREE_CONNECT:
        return { shareType: 1, shareFlags: 0, capabilities: 0, maximalAccess: 0 };
      case Command.CREATE:
        return this.create(message as CreateRequest);
      case Command.CLOSE:
        return this.close(message as never);
      case Command.READ: {
        const request = message as ReadRequest;
        return { data: this.read({ ...request, length: Math.min(request.length, limit) }) };
      }
      case Command.WRITE: {
        const { fileId, offset } = message as WriteRequest;
        const data = (spec.payload ?? new Uint8Array(0)).subarray(0, limit);
        if (fault?.lostWrite === true) return { count: data.length };
        return { count: this.write(fileId, offset, data) };
      }
      case Command.SET_INFO:
        this.setInfo(message as never);
        return {};
      case Command.QUERY_INFO:
        return { outputBuffer: this.queryInfo(message as never) };
      case Command.IOCTL:
        return { output: this.ioctl(message as never) };
      default:
        throw new Refusal(NtStatus.NOT_SUPPORTED);
    }
  }

  #held(specs: readonly AnyRequestSpec[], replies: readonly (Reply<unknown> | Error)[]): number {
    return specs.reduce((sum, spec, at) => {
      const result = replies[at];
      if (spec.request.command !== Command.READ || result instanceof Error) return sum;
      return sum + ((result as Reply<{ data: Uint8Array }>).body.data.length ?? 0);
    }, 0);
  }

  #release(body: unknown): void {
    const { data } = body as { data?: Uint8Array };
    if (data === undefined) return;
    this.#count(-data.length);
    data.fill(0xee);
  }

  #count(bytes: number): void {
    this.#outstanding += bytes;
    this.mostOutstanding = Math.max(this.mostOutstanding, this.#outstanding);
  }

  #enqueue(action: () => void): void {
    this.#waiting.push(action);
    if (this.#isDraining) return;
    this.#isDraining = true;
    setImmediate(() => this.#drain());
  }

  #drain(): void {
    const { pick = () => 0 } = this.options;
    const [action] = this.#waiting.splice(pick(this.#waiting.length) % this.#waiting.length, 1);
    action?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#drain());
    else this.#isDraining = false;
  }
}

function reply(body: unknown, release: () => void, status = 0): Reply<unknown> {
  let isReleased = false;
  return {
    status,
    treeId: 1,
    sessionId: 1n,
    hasBody: body !== undefined,
    body,
    release() {
      if (!isReleased) release();
      isReleased = true;
    },
  };
}

function sizeOf(spec: AnyRequestSpec): number {
  if (spec.request.command === Command.READ) return (spec.message as ReadRequest).length;
  return spec.payload?.length ?? 0;
}

function withFileId(message: unknown, related: Uint8Array | undefined): unknown {
  const { fileId } = message as { fileId?: Uint8Array };
  if (related === undefined || fileId?.join() !== RELATED) return message;
  return { ...(message as object), fileId: related };
}
