import type { OnReadOpts } from "node:net";
import type { ByteReader } from "../framing/byte-reader.ts";

/**
 * The receiving side of one socket. Node lets the system read straight into the memory that
 * `onread.buffer` names and asks again after every read, so a reader can lead each byte to its
 * place. The reader may be replaced by another one at any time.
 */
export class SocketInlet implements ByteReader {
  reader: ByteReader;
  /** Called when the reader throws: the bytes make no sense, and the connection should end. */
  onFault: (error: unknown) => void = () => undefined;
  /** What net.connect takes. */
  readonly onread: OnReadOpts;

  constructor(reader: ByteReader) {
    this.reader = reader;
    this.onread = {
      buffer: () => this.writable(),
      callback: (count) => {
        this.advance(count);
        return true;
      },
    };
  }

  writable(): Uint8Array {
    return this.reader.writable();
  }

  advance(count: number): void {
    try {
      this.reader.advance(count);
    } catch (error) {
      this.onFault(error);
    }
  }
}
