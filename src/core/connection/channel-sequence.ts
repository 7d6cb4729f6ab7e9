/**
 * Session.ChannelSequence of [MS-SMB2] 3.2.1.3: how many channels a session has lost so far. Every
 * request names it, so that a server can tell what was sent before a loss from what came after it.
 */
export class ChannelSequence {
  #value = 0;

  /** 16 bits. */
  get value(): number {
    return this.#value;
  }

  /** A channel was lost ([MS-SMB2] 3.2.7.1). */
  advance(): void {
    this.#value = (this.#value + 1) & 0xffff;
  }
}
