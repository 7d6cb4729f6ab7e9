/**
 * What a peer without any credits gets at least. With one only it could do nothing but grant in its
 * turn, and two such sides would answer each other for ever.
 */
const LEAST_GRANT = 2;

/** How many messages each side may send ([MS-SMBD] 3.1.1.1, 3.1.5.9). */
export class SmbdCredits {
  /** Connection.SendCredits: messages that we may send. */
  send: number;
  /** Connection.ReceiveCredits: messages that the peer may send, those not yet announced included. */
  #receive: number;
  readonly #receiveMax: number;
  #receiveTarget: number;
  /** Granted, but not yet announced to the peer. */
  #ungranted = 0;

  constructor(start: {
    readonly send: number;
    readonly receive: number;
    readonly receiveTarget: number;
    readonly receiveMax: number;
  }) {
    this.send = start.send;
    this.#receive = start.receive;
    this.#receiveTarget = start.receiveTarget;
    this.#receiveMax = start.receiveMax;
  }

  /**
   * Receives that have to be posted: one more than the most that we promise by ourselves, for where
   * our last send credit is to be spent.
   */
  static receivesFor(receiveCreditMax: number): number {
    return Math.max(receiveCreditMax, LEAST_GRANT) + 1;
  }

  get receive(): number {
    return this.#receive;
  }

  /** A message came: its receive is free again. `requested` is what the peer would like to hold. */
  received(requested: number, granted: number): void {
    this.#receive -= 1;
    this.#receiveTarget = requested;
    this.send += granted;
  }

  /**
   * Prepares CreditsGranted of the next message ([MS-SMBD] 3.1.5.9). False where it must wait: the last
   * send credit is kept for a message that itself grants credits, or both sides would be stuck.
   */
  prepareGrant(hasMoreToSend: boolean): boolean {
    if (this.send === 0) return false;
    const room = SmbdCredits.receivesFor(this.#receiveMax) - this.#receive;
    const grant = Math.min(this.#wanted(hasMoreToSend), room);
    this.#receive += grant;
    this.#ungranted += grant;
    return this.send > 1 || this.#ungranted > 0;
  }

  /** A message goes out: its CreditsGranted. */
  takeGrant(): number {
    const granted = this.#ungranted;
    this.#ungranted = 0;
    this.send -= 1;
    return granted;
  }

  /**
   * Whether the peer should get credits now and not with our next message. Messages that carry
   * nothing but credits are not answered while it has any: two sides would do so for ever.
   */
  isPeerShort(gotData: boolean): boolean {
    if (this.#receive === 0) return true;
    return gotData && this.#receive <= this.#target / 2;
  }

  /** Connection.ReceiveCreditTarget, as far as we go along. */
  get #target(): number {
    return Math.min(this.#receiveTarget, this.#receiveMax);
  }

  /** What the peer lacks; at least one where we are to spend our last. */
  #wanted(hasMoreToSend: boolean): number {
    if (this.#receive === 0) return Math.max(this.#target, LEAST_GRANT);
    const missing = this.#target - this.#receive;
    if (missing > 0) return missing;
    return this.send === 1 && hasMoreToSend ? 1 : 0;
  }
}
