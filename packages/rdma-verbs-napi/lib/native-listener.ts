import type { RdmaListener } from "./interface.ts";
import type { NativeConnection, NativeListener } from "./native.ts";

/** A listener of the addon. */
export class NativeRdmaListener implements RdmaListener {
  readonly address: string;
  readonly port: number;
  readonly #native: NativeListener;

  constructor(
    listen: (incoming: (connection: NativeConnection) => void) => NativeListener,
    incoming: (connection: NativeConnection) => void,
  ) {
    this.#native = listen(incoming);
    this.address = this.#native.address;
    this.port = this.#native.port;
  }

  async close(): Promise<void> {
    this.#native.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
