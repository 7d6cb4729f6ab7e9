import { WireFormatError } from "../errors.ts";

/** One element of DER (X.690): its tag byte, and its content as a view. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly bytes: Uint8Array;
}

/** The universal tags that SPNEGO uses; `context(n)` and `application(n)` are constructed. */
export const DerTag = {
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  SEQUENCE: 0x30,
  context: (n: number): number => 0xa0 + n,
  application: (n: number): number => 0x60 + n,
} as const;

/** Reads elements one after another. Every method throws {@link WireFormatError} on bad bytes. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next element; its content lies wholly within the bytes. */
  next(): DerElement {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw new WireFormatError("DER: tags above 30 are not used here");
    const length = this.#length();
    if (length > this.#bytes.length - this.#at) {
      throw new WireFormatError(
        `DER: an element of ${length} bytes, ${this.#bytes.length - this.#at} left`,
      );
    }
    const contentStart = this.#at;
    this.#at += length;
    return {
      tag,
      content: this.#bytes.subarray(contentStart, this.#at),
      bytes: this.#bytes.subarray(start, this.#at),
    };
  }

  /** The content of the next element, which must have this tag. */
  expect(tag: number): Uint8Array {
    const element = this.next();
    if (element.tag !== tag) {
      throw new WireFormatError(`DER: tag 0x${hex(element.tag)} instead of 0x${hex(tag)}`);
    }
    return element.content;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new WireFormatError("DER: the bytes end within an element");
    this.#at += 1;
    return byte;
  }

  /** Lengths that are longer than need be are accepted, as peers send them; indefinite ones not. */
  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new WireFormatError("DER: a length of an unknown form");
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    return length;
  }
}

/** The only element of `bytes`, which must have this tag: its content. */
export function derContent(bytes: Uint8Array, tag: number): Uint8Array {
  const reader = new DerReader(bytes);
  const content = reader.expect(tag);
  if (!reader.isAtEnd) throw new WireFormatError("DER: bytes after the last element");
  return content;
}

/** Encodes one element around the parts. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = [tag, ...encodeLength(length)];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let at = header.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 0xff);
  return [0x80 | digits.length, ...digits];
}

/** The element of a dotted object identifier. */
export function encodeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const content = [first * 40 + second, ...rest].flatMap(base128);
  return encodeDer(DerTag.OBJECT_IDENTIFIER, Uint8Array.from(content));
}

/**
 * The dotted form of an object identifier's content. Numbers beyond 53 bits (those made of a UUID)
 * lose their last digits: nothing that we compare with has such numbers.
 */
export function decodeOid(content: Uint8Array): string {
  if ((content.at(-1) ?? 0x80) >= 0x80) {
    throw new WireFormatError("DER: an object identifier ends too early");
  }
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [head = 0, ...rest] = numbers;
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join(".");
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest & 0x7f));
  }
  return digits;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}
