import { AbortListeners } from "../abort-listeners.ts";
import type { Clock } from "../clock.ts";
import type { RawReply } from "../connection/outstanding-requests.ts";
import type { SentFrame } from "../connection/request.ts";
import { ProtocolError, TransportClosedError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { Command } from "../smb2/constants.ts";
import type { Channel } from "./channel.ts";
import type { ChannelList } from "./channel-list.ts";
import type { PlacedRequest } from "./direct-placement.ts";
import { answerOfReplay, mayReplay } from "./replay-rules.ts";
import { type AnyRequestSpec, commandOf } from "./request-spec.ts";

/** What a request costs besides the bytes that it moves. */
const MESSAGE_BYTES = 4096;
/** Commands that are about no file: they keep to one channel, and so to the order they are sent in. */
const CONTROL: readonly number[] = [
  Command.LOGOFF,
  Command.TREE_CONNECT,
  Command.TREE_DISCONNECT,
  Command.ECHO,
];
const { ACCESS_DENIED } = NtStatus;
/** How long a server may take to be done with what came over a channel that died. */
const LONGEST_WAIT_MS = 20_000;
const FIRST_WAIT_MS = 20;

/** An answer, and the channel it came over. */
export interface Answer {
  readonly channel: Channel;
  readonly raw: RawReply;
  /** The request was sent again: the first one may have been carried out. */
  readonly isOfReplay: boolean;
  /** Access was denied, which may mean that the signature of the request was found wrong. */
  readonly mayBeDamage: boolean;
  /** Where its data went by RDMA: what completes the reply, or gives the memory back. */
  readonly placed?: PlacedRequest | undefined;
}

/** A compound whose channel died: its members are to be sent again, one by one. */
export class LostCompound extends TransportClosedError {}

/** Its channel died before it was answered, others live, and it must not be sent again as it is. */
export class LostRequest extends TransportClosedError {}

export interface DispatchOptions {
  readonly encrypt?: boolean | undefined;
  readonly sign?: boolean | undefined;
  readonly related?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How often a frame was sent, and what came of it. */
interface Attempts {
  /** It was sent and its channel died: the server may have carried it out. */
  isReplay: boolean;
  /** When the server first said that an earlier request is still under way. */
  refusedSinceMs: number | undefined;
  waitMs: number;
  /** The channel over which access was denied, when that is being asked again. */
  deniedOver: Channel | undefined;
}

/**
 * Gives each frame to a channel, and to another one should that channel die before it was answered,
 * where the protocol allows that ([MS-SMB2] 3.2.4.1.7, 3.2.7.1).
 */
export class RequestDispatcher {
  readonly #channels: ChannelList;
  readonly #clock: Clock;
  readonly #aborts = new AbortListeners();
  /** What has been asked for or sent so far: whether more channels pay. */
  #dispatchedBytes = 0;
  #alarm: { readonly bytes: number; readonly callback: () => void } | undefined;

  constructor(channels: ChannelList, clock: Clock) {
    this.#channels = channels;
    this.#clock = clock;
  }

  /** Calls `callback` once, when so many bytes have been asked for or sent in all. */
  callWhenBusy(bytes: number, callback: () => void): void {
    this.#alarm = { bytes, callback };
  }

  /**
   * @returns one answer for each of `specs`
   * @throws {LostCompound} where the channel of several requests about a path died
   * @throws {LostRequest} where the channel died and the request must not be repeated
   * @throws what ended the last channel
   */
  async dispatch(
    specs: readonly AnyRequestSpec[],
    options: DispatchOptions,
  ): Promise<readonly Answer[]> {
    const weight = weightOf(specs);
    this.#noteBusy(weight);
    const attempts: Attempts = {
      isReplay: specs.some((spec) => spec.isReplay === true),
      refusedSinceMs: undefined,
      waitMs: FIRST_WAIT_MS,
      deniedOver: undefined,
    };
    for (;;) {
      const channel = this.#pick(specs, attempts.deniedOver);
      channel.begin(weight);
      try {
        const answers = await this.#attempt(channel, specs, options, attempts);
        // Without what its first CREATE opens nothing else of a frame is carried out.
        const isAll = specs.length === 1 || isByPath(specs);
        if (answers !== undefined && !(isAll && this.#isToAskAgain(answers, channel, attempts)))
          return answers;
      } finally {
        channel.end(weight);
      }
      if (attempts.refusedSinceMs !== undefined) await this.#pause(attempts, options.signal);
    }
  }

  #noteBusy(weight: number): void {
    this.#dispatchedBytes += weight;
    const alarm = this.#alarm;
    if (alarm === undefined || this.#dispatchedBytes < alarm.bytes) return;
    this.#alarm = undefined;
    alarm.callback();
  }

  /**
   * A server answers ACCESS_DENIED to a request whose signature is wrong ([MS-SMB2] 3.3.5.2.4), under a
   * good signature of its own: damage on the way looks like a lack of permission. It has done nothing, so
   * it is asked once more, over another channel if there is one. A channel that is shown to damage what
   * it carries is given up where others live.
   */
  #isToAskAgain(answers: readonly Answer[], channel: Channel, attempts: Attempts): boolean {
    const [first] = answers;
    const { deniedOver } = attempts;
    if (deniedOver === undefined && first?.mayBeDamage === true) {
      for (const { raw, placed } of answers) {
        raw.release();
        placed?.release();
      }
      attempts.deniedOver = channel;
      return true;
    }
    const isDamaged = deniedOver !== undefined && first?.raw.header.status !== ACCESS_DENIED;
    if (isDamaged && deniedOver.isOpen && channel !== deniedOver) {
      deniedOver.connection.abort(damageOn(deniedOver));
    }
    return false;
  }

  #pick(specs: readonly AnyRequestSpec[], avoided: Channel | undefined): Channel {
    const isControl = specs.every(({ request }) => CONTROL.includes(request.command));
    if (isControl) return this.#channels.first;
    const memory = specs[0]?.memory;
    // Data that lie in the memory of a channel go over it as long as it lives.
    const home = memory && this.#channels.active.find((channel) => channel.hasLent(memory));
    if (home !== undefined) return home;
    return this.#channels.leastLoaded(
      (channel) => channel !== avoided && channel.canSendAtOnce(specs),
    );
  }

  /** Sends once. Undefined where it has to be done again. */
  async #attempt(
    channel: Channel,
    specs: readonly AnyRequestSpec[],
    options: DispatchOptions,
    attempts: Attempts,
  ): Promise<readonly Answer[] | undefined> {
    const { sequence } = this.#channels;
    const { isReplay } = attempts;
    let sent: SentFrame | undefined;
    try {
      const departed = await this.#send(channel, specs, options, isReplay);
      const { placed } = departed;
      sent = departed.sent;
      const raws = await Promise.all(sent.replies);
      // The caller may reuse the payload's memory as soon as we return.
      if (specs.some(({ payload }) => payload !== undefined)) await sent.sent;
      const isStale = isReplay || sent.channelSequence !== sequence.value;
      if (isStale && this.#isToWait(raws, specs, attempts)) {
        placed?.release();
        return undefined;
      }
      return raws.map((raw, index) => {
        const spec = specs[index];
        if (spec === undefined) throw new ProtocolError("There are more answers than requests");
        const answer = isReplay ? answerOfReplay(raw, spec) : raw;
        const isDenied = departed.sent.isSigned && answer.header.status === ACCESS_DENIED;
        // Asked for the second time it is what it says.
        const isFirstTime = index > 0 || attempts.deniedOver === undefined;
        const mayBeDamage = isDenied && isFirstTime;
        return { channel, placed, raw: answer, isOfReplay: isReplay, mayBeDamage };
      });
    } catch (error) {
      if (options.signal?.aborted === true || channel.isOpen) throw error;
      attempts.isReplay ||= sent !== undefined;
      this.#moveOn(channel, specs, attempts, error);
      return undefined;
    }
  }

  /** Puts a frame on its way, its data by RDMA where the channel does that. */
  async #send(
    channel: Channel,
    specs: readonly AnyRequestSpec[],
    options: DispatchOptions,
    isReplay: boolean,
  ): Promise<{ readonly sent: SentFrame; readonly placed: PlacedRequest | undefined }> {
    const { sequence: channelSequence } = this.#channels;
    const placed = await channel.place(specs);
    try {
      const messages = specs.map((spec) => channel.messageOf(spec, isReplay, placed));
      const encrypt = options.encrypt === true || placed?.encrypt === true;
      const sent = await channel.send(messages, { ...options, encrypt, channelSequence });
      return { sent, placed };
    } catch (error) {
      // Once it is sent the server reaches the memory until it has answered.
      placed?.release();
      throw error;
    }
  }

  /** A channel died. Throws unless `specs` may be sent again on another one. */
  #moveOn(
    channel: Channel,
    specs: readonly AnyRequestSpec[],
    { isReplay }: Attempts,
    error: unknown,
  ): void {
    const isAlive = this.#channels.lose(channel, error instanceof Error ? error : undefined);
    if (!isAlive) throw error;
    if (!isReplay) return;
    if (!mayReplay(specs)) throw inDoubt(channel, specs, error);
    // smbd gives the handle of a lost CREATE again, but not to what follows in the same frame.
    if (isByPath(specs)) throw new LostCompound("A compound was lost");
  }

  /**
   * Whether the server refused a request because others, of before a channel was lost, are still
   * under way or came later than it ([MS-SMB2] 3.3.5.2.10). It has not carried it out.
   */
  #isToWait(
    raws: readonly RawReply[],
    specs: readonly AnyRequestSpec[],
    attempts: Attempts,
  ): boolean {
    const isRefused = raws.some(({ header }) => header.status === NtStatus.FILE_NOT_AVAILABLE);
    if (!isRefused || !mayReplay(specs)) return false;
    const now = this.#clock.now();
    attempts.refusedSinceMs ??= now;
    if (now - attempts.refusedSinceMs > LONGEST_WAIT_MS) return false;
    for (const raw of raws) raw.release();
    return true;
  }

  #pause(attempts: Attempts, signal: AbortSignal | undefined): Promise<void> {
    const { waitMs } = attempts;
    attempts.waitMs = Math.min(waitMs * 2, 1000);
    return new Promise((resolve, reject) => {
      let forget: (() => void) | undefined;
      const cancel = this.#clock.after(waitMs, () => {
        forget?.();
        resolve();
      });
      if (signal === undefined) return;
      forget = this.#aborts.add(signal, () => {
        cancel();
        reject(signal.reason);
      });
    });
  }
}

function isByPath(specs: readonly AnyRequestSpec[]): boolean {
  return specs.length > 1 && specs[0]?.request.command === Command.CREATE;
}

function damageOn({ connection }: Channel): ProtocolError {
  const { remoteAddress } = connection.transport;
  return new ProtocolError(
    `A request to ${remoteAddress} was damaged on the way: the server found its signature wrong`,
  );
}

function weightOf(specs: readonly AnyRequestSpec[]): number {
  let weight = MESSAGE_BYTES;
  for (const { payload, expectedSize } of specs) {
    weight += Math.max(payload?.length ?? 0, expectedSize ?? 0);
  }
  return weight;
}

function inDoubt(channel: Channel, specs: readonly AnyRequestSpec[], cause: unknown): LostRequest {
  const [spec] = specs;
  const command = specs.map(commandOf).join("+");
  const of = spec?.path === undefined ? "" : ` of \\${spec.path}`;
  const where = channel.connection.transport.remoteAddress;
  return new LostRequest(
    `One of several connections to ${where} broke during ${command}${of}: it is not known whether the server has done it`,
    { cause },
  );
}
