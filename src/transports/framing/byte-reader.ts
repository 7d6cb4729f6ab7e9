/** Takes a stream of bytes by offering the memory where the next of them should go. */
export interface ByteReader {
  /** Where the next bytes should be read to. Never empty; valid until the next `advance`. */
  writable(): Uint8Array;
  /**
   * Tells that `count` bytes were placed at the start of `writable()`.
   *
   * @throws {WireFormatError} where they are not what the wire allows
   */
  advance(count: number): void;
}

/** Hands bytes that already lie somewhere else to a reader, at the price of copying them. */
export function pump(reader: ByteReader, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    const room = reader.writable();
    const count = Math.min(room.length, rest.length);
    room.set(rest.subarray(0, count));
    reader.advance(count);
    rest = rest.subarray(count);
  }
}

/** Reads and forgets. */
export function discardingReader(): ByteReader {
  const scratch = new Uint8Array(16_384);
  return { writable: () => scratch, advance: () => undefined };
}
