import { closeSync, writeSync } from "node:fs";
import { createPrivateFile } from "./private-file.ts";

/** Packets begin with an IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;

/** Packets are collected up to so many bytes before they are written. */
const BUFFER_LENGTH = 262_144;

/**
 * A capture file in the classic pcap format. It is written in large pieces, synchronously, so that a
 * program that dies loses little and a transfer cannot outrun the disk.
 */
export class PcapFile {
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(BUFFER_LENGTH);
  #filled = 0;
  #isOpen = true;

  /** Creates or replaces the file, readable by its owner only. Throws what {@link createPrivateFile} throws. */
  constructor(path: string) {
    this.#descriptor = createPrivateFile(path);
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, 0xa1b2c3d4, true); // Magic number: microseconds
    header.setUint16(4, 2, true); // Major version
    header.setUint16(6, 4, true); // Minor version
    header.setUint32(16, 262_144, true); // SnapLen
    header.setUint32(20, LINKTYPE_RAW, true);
    this.#append(new Uint8Array(header.buffer));
  }

  /** Adds one packet, taken at `timeMs` (milliseconds since 1970). */
  packet(timeMs: number, headers: Uint8Array, payload: Uint8Array): void {
    if (!this.#isOpen) return;
    const length = headers.length + payload.length;
    const record = new DataView(new ArrayBuffer(16));
    record.setUint32(0, Math.floor(timeMs / 1000), true);
    record.setUint32(4, Math.floor((timeMs % 1000) * 1000), true);
    record.setUint32(8, length, true); // Captured length
    record.setUint32(12, length, true); // Original length
    this.#append(new Uint8Array(record.buffer));
    this.#append(headers);
    this.#append(payload);
  }

  /** Writes out what was collected. */
  flush(): void {
    let at = 0;
    while (at < this.#filled) {
      at += writeSync(this.#descriptor, this.#buffer, at, this.#filled - at);
    }
    this.#filled = 0;
  }

  /** Writes out what was collected and closes the file. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.flush();
    closeSync(this.#descriptor);
  }

  #append(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > BUFFER_LENGTH) this.flush();
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }
}
