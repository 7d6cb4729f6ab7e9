import { ProtocolError } from "../errors.ts";

/**
 * Nonces for one key ([MS-SMB2] 3.1.4.3). All channels of a session encrypt with the same key and
 * must draw from the same source: a nonce that is used twice gives the plaintext away.
 */
export class NonceSource {
  #next = 0;

  /** 16 bytes, of which the first `length` count. */
  take(length: number): Uint8Array {
    const nonce = new Uint8Array(16);
    const counter = this.#next;
    if (counter >= Number.MAX_SAFE_INTEGER)
      throw new ProtocolError("The session's nonces are used up");
    this.#next = counter + 1;
    const view = new DataView(nonce.buffer, 0, length);
    view.setUint32(0, counter >>> 0, true);
    view.setUint32(4, Math.floor(counter / 0x1_0000_0000), true);
    return nonce;
  }
}
