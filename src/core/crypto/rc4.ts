/**
 * RC4, the stream cipher of NTLM's key exchange and session security ([MS-NLMP] 3.4.3, RC4Init and
 * RC4). An instance keeps its place in the key stream from one call to the next.
 */
export class Rc4 {
  readonly #state: Uint8Array = Uint8Array.from({ length: 256 }, (_, index) => index);
  #i = 0;
  #j = 0;

  /** A stream of the key, 1 to 256 bytes long. */
  constructor(key: Uint8Array) {
    const state = this.#state;
    for (let i = 0, j = 0; i < 256; i++) {
      const value = state[i] ?? 0;
      j = (j + value + (key[i % key.length] ?? 0)) & 0xff;
      state[i] = state[j] ?? 0;
      state[j] = value;
    }
  }

  /** Encrypts or decrypts `data` (it is the same) with the next bytes of the stream. */
  update(data: Uint8Array): Uint8Array {
    const state = this.#state;
    const result = new Uint8Array(data.length);
    for (const [at, byte] of data.entries()) {
      this.#i = (this.#i + 1) & 0xff;
      const x = state[this.#i] ?? 0;
      this.#j = (this.#j + x) & 0xff;
      const y = state[this.#j] ?? 0;
      state[this.#i] = y;
      state[this.#j] = x;
      result[at] = byte ^ (state[(x + y) & 0xff] ?? 0);
    }
    return result;
  }

  /** Overwrites the state; the instance is of no more use. */
  wipe(): void {
    this.#state.fill(0);
  }
}
