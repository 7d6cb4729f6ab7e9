import { ChannelSequence } from "../connection/channel-sequence.ts";
import { TimeoutError } from "../errors.ts";
import type { Channel } from "./channel.ts";

/** Told of a channel that was lost, and why. */
export type ChannelLossListener = (channel: Channel, reason: Error | undefined) => void;

/** Session.ChannelList of [MS-SMB2] 3.2.1.3: what is open, and who gets the next request. */
export class ChannelList {
  /** Counts the channels that were lost while others lived. */
  readonly sequence: ChannelSequence = new ChannelSequence();
  /** Resolves once, when no channel is left: with the reason, or undefined for an orderly end. */
  readonly closed: Promise<Error | undefined>;
  onLoss: ChannelLossListener | undefined;
  /** Called for an oplock or lease break on any channel ([MS-SMB2] 3.2.5.19). */
  onBreak: ((message: Uint8Array) => void) | undefined;
  /** Never empty: the last one stays, closed as it is, to say why. */
  readonly #channels: Channel[] = [];
  #settleClosed: (reason: Error | undefined) => void = () => {};

  constructor(first: Channel) {
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.add(first);
  }

  /** All of them, the oldest first. */
  get all(): readonly Channel[] {
    return this.#channels;
  }

  /** Session.Connection is that of the first one ([MS-SMB2] 3.2.7.1); control requests go there. */
  get first(): Channel {
    const preferred = this.#channels.find((channel) => channel.isOpen && !channel.isStandby);
    const open = preferred ?? this.#channels.find((channel) => channel.isOpen);
    return open ?? (this.#channels[0] as Channel);
  }

  /** Channels over which requests are spread. */
  get active(): readonly Channel[] {
    const open = this.#channels.filter((channel) => channel.isOpen);
    const preferred = open.filter((channel) => !channel.isStandby);
    return preferred.length > 0 ? preferred : open;
  }

  /** Channels that are open and get none of them. */
  get idle(): readonly Channel[] {
    const { active } = this;
    return this.#channels.filter((channel) => channel.isOpen && !active.includes(channel));
  }

  /** From now on `channel` gets its share. */
  add(channel: Channel): void {
    const { connection, security } = channel;
    connection.attach(security);
    connection.onBreak = (message) => this.onBreak?.(message);
    connection.onQuiet = () => this.#askOthers(channel);
    this.#channels.push(channel);
    void connection.closed.then((reason) => this.#end(channel, reason));
  }

  /**
   * The channel with the fewest bytes under way ([MS-SMB2] 3.2.4.1.7 leaves the choice to us); of
   * several that have the same the one that was idle longest. `suits` says which ones have the credits;
   * where none has, the wait for them may as well be on any.
   */
  leastLoaded(suits: (channel: Channel) => boolean): Channel {
    if (this.#channels.length === 1) return this.first;
    const active = this.active;
    const suitable = active.filter(suits);
    let found: Channel | undefined;
    for (const channel of suitable.length > 0 ? suitable : active) {
      if (found === undefined || isLess(channel, found)) found = channel;
    }
    return found ?? this.first;
  }

  /**
   * Takes a channel out whose connection has ended ([MS-SMB2] 3.2.7.1). Does nothing the second time,
   * and leaves the last one.
   *
   * @returns whether any is left that works
   */
  lose(channel: Channel, reason: Error | undefined): boolean {
    const at = this.#channels.indexOf(channel);
    if (at !== -1 && this.#channels.length > 1) {
      this.#channels.splice(at, 1);
      this.sequence.advance();
      if (reason instanceof TimeoutError) this.#giveUpSilent();
      this.onLoss?.(channel, reason);
    }
    return this.#channels.some(({ isOpen }) => isOpen);
  }

  /** The connection of `channel` has ended, by whatever cause. */
  #end(channel: Channel, reason: Error | undefined): void {
    if (!this.lose(channel, reason)) this.#settleClosed(reason);
  }

  /** Where a channel falls silent it must be known of the others whether they are. */
  #askOthers(quiet: Channel): void {
    for (const channel of this.#channels) if (channel !== quiet) channel.connection.ask();
  }

  /** Those that were asked and have not answered go with the one that was lost: it is the server. */
  #giveUpSilent(): void {
    for (const { connection } of [...this.#channels]) {
      connection.giveUpIfSilent();
      connection.ask();
    }
  }
}

function isLess(a: Channel, b: Channel): boolean {
  if (a.outstandingBytes !== b.outstandingBytes) return a.outstandingBytes < b.outstandingBytes;
  return a.turn < b.turn;
}
