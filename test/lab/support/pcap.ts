import { readFileSync } from "node:fs";

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
const UDP = 17;
const TCP = 6;

/** One IPv4 packet of a capture. */
export interface Packet {
  readonly protocol: "udp" | "tcp";
  /** Where it came from, and to: `10.77.0.1:445`. */
  readonly from: string;
  readonly to: string;
  /** TCP only. */
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly payload: Buffer;
}

/** The IPv4 packets of a file that tcpdump wrote, UDP and TCP. */
export function* packetsOf(path: string): Generator<Packet> {
  const file = readFileSync(path);
  if (file.length < FILE_HEADER || file.readUInt32LE(0) !== 0xa1b2c3d4) {
    throw new Error(`${path} is no capture of this machine's tcpdump`);
  }
  let at = FILE_HEADER;
  while (at + RECORD_HEADER <= file.length) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    at += RECORD_HEADER + length;
    const packet = parse(frame);
    if (packet !== undefined) yield packet;
  }
}

function parse(frame: Buffer): Packet | undefined {
  if (frame.length < ETHERNET + 28 || frame.readUInt16BE(12) !== 0x0800) return undefined;
  const ip = frame.subarray(ETHERNET);
  const headerLength = ((ip[0] ?? 0) & 15) * 4;
  const protocol = ip[9];
  const inner = ip.subarray(headerLength, Math.max(headerLength, ip.readUInt16BE(2)));
  if (inner.length < 8 || (protocol !== UDP && protocol !== TCP)) return undefined;
  const address = (offset: number): string => ip.subarray(offset, offset + 4).join(".");
  const ends = {
    from: `${address(12)}:${inner.readUInt16BE(0)}`,
    to: `${address(16)}:${inner.readUInt16BE(2)}`,
  };
  if (protocol === UDP) {
    return { protocol: "udp", ...ends, sequence: 0, isSyn: false, payload: inner.subarray(8) };
  }
  if (inner.length < 20) return undefined;
  return {
    protocol: "tcp",
    ...ends,
    sequence: inner.readUInt32BE(4),
    isSyn: ((inner[13] ?? 0) & 2) !== 0,
    payload: inner.subarray(((inner[12] ?? 0) >> 4) * 4),
  };
}
