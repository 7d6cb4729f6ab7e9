import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Packet, packetsOf } from "./pcap.ts";
import { peer } from "./peer.ts";

/** What went over the wire between two RDMA devices: the proof that does not ask us. */
export interface Operations {
  /** Bytes that RDMA WRITEs placed in the other side's memory. */
  writeBytes: number;
  /** Bytes that RDMA READ requests asked for. */
  readBytes: number;
  /** Messages by SEND, and those that took a key back with them. */
  sends: number;
  invalidations: number;
}

/**
 * Captures what RDMA does on a link of the client while `action` runs. A capture that lost packets
 * proves nothing: then all is done again.
 *
 * @throws {Error} where packets are lost each time
 */
export async function operationsDuring(
  directory: string,
  action: () => Promise<void>,
  link = 0,
): Promise<Operations> {
  const file = join(directory, "capture.pcap");
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isComplete = await capture(file, `cli${link}`, action);
    if (isComplete) {
      const packets = packetsOf(file);
      return peer.rdma === "rxe" ? roceOperations(packets) : iwarpOperations(packets);
    }
  }
  throw new Error(`tcpdump lost packets, ${ATTEMPTS} times`);
}

const ATTEMPTS = 4;
const QUIET_MS = 1000;

/** False where packets were lost. */
async function capture(file: string, link: string, action: () => Promise<void>): Promise<boolean> {
  const filter =
    peer.rdma === "rxe" ? ["-s", "96", "udp port 4791"] : [`tcp port ${peer.rdmaPort}`];
  const tcpdump = spawn("tcpdump", ["-i", link, "-B", "262144", "-U", "-w", file, ...filter], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  const listening = new Promise<void>((resolve, reject) => {
    tcpdump.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("listening on")) resolve();
    });
    tcpdump.on("close", () => reject(new Error(`tcpdump: ${text}`)));
  });
  await listening;
  try {
    await action();
  } finally {
    await untilQuiet(file);
    tcpdump.kill("SIGINT");
    await once(tcpdump, "close");
  }
  const [, captured] = /(\d+) packets? captured/.exec(text) ?? [];
  const [, received] = /(\d+) packets? received/.exec(text) ?? [];
  return captured === received && /\b0 packets dropped by kernel/.test(text);
}

/** tcpdump is behind: the kernel's buffer is large, and emulated processors are slow. */
async function untilQuiet(file: string): Promise<void> {
  for (let size = -1; size !== statSync(file).size; ) {
    size = statSync(file).size;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

function nothing(): Operations {
  return { writeBytes: 0, readBytes: 0, sends: 0, invalidations: 0 };
}

/** RoCE v2: a base transport header in each UDP packet (InfiniBand Architecture 9.2). */
function roceOperations(packets: Iterable<Packet>): Operations {
  const found = nothing();
  for (const { to, payload } of packets) {
    if (!to.endsWith(":4791") || payload.length < 12) continue;
    const opcode = payload[0] ?? 0;
    // FIRST and ONLY carry the length of the whole operation behind address and key.
    if ([6, 10, 11].includes(opcode)) found.writeBytes += payload.readUInt32BE(24);
    if (opcode === 12) found.readBytes += payload.readUInt32BE(24);
    // Each message ends with one of LAST, ONLY and their like.
    if ([2, 3, 4, 5, 22, 23].includes(opcode)) found.sends += 1;
    if ([22, 23].includes(opcode)) found.invalidations += 1;
  }
  return found;
}

/** iWARP: RDMAP in DDP in MPA in two TCP streams (RFC 5040, 5041, 5044), without markers. */
function iwarpOperations(packets: Iterable<Packet>): Operations {
  const streams = new Map<string, TcpStream>();
  for (const packet of packets) {
    const key = `${packet.from} ${packet.to}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = new TcpStream();
      streams.set(key, stream);
    }
    stream.add(packet);
  }
  const found = nothing();
  for (const stream of streams.values()) countFrames(stream.bytes(), found);
  return found;
}

/** One direction of a connection, put together again. */
class TcpStream {
  #base: number | undefined;
  readonly #parts: { readonly offset: number; readonly payload: Buffer }[] = [];

  add({ isSyn, sequence, payload }: Packet): void {
    if (isSyn) this.#base = (sequence + 1) >>> 0;
    if (this.#base === undefined || payload.length === 0) return;
    this.#parts.push({ offset: (sequence - this.#base) >>> 0, payload });
  }

  /** @throws {Error} where the capture has a gap */
  bytes(): Buffer {
    const whole: Buffer[] = [];
    let at = 0;
    for (const { offset, payload } of this.#parts.toSorted((a, b) => a.offset - b.offset)) {
      if (offset > at) throw new Error(`The capture lacks ${offset - at} bytes`);
      const fresh = payload.subarray(Math.min(payload.length, at - offset));
      whole.push(fresh);
      at += fresh.length;
    }
    return Buffer.concat(whole);
  }
}

const MPA_START = 20;

function countFrames(stream: Buffer, found: Operations): void {
  if (!/^MPA ID Re[qp] Frame$/.test(stream.toString("latin1", 0, 16))) return;
  let at = MPA_START + stream.readUInt16BE(18);
  while (at + 2 <= stream.length) {
    const length = stream.readUInt16BE(at);
    const segment = stream.subarray(at + 2, at + 2 + length);
    if (segment.length < length) return;
    countSegment(segment, found);
    // Padded to four bytes, and a checksum behind.
    at += Math.ceil((2 + length) / 4) * 4 + 4;
  }
}

function countSegment(segment: Buffer, found: Operations): void {
  const [ddp = 0, rdmap = 0] = segment;
  const isLast = (ddp & 0x40) !== 0;
  const opcode = rdmap & 15;
  if (opcode === 0) found.writeBytes += segment.length - 14;
  if (opcode === 1) found.readBytes += segment.readUInt32BE(30);
  if (isLast && opcode >= 3 && opcode <= 6) found.sends += 1;
  if (isLast && (opcode === 4 || opcode === 6)) found.invalidations += 1;
}

/** The counters of an RDMA device (`rdma statistic`). siw has none. */
export function deviceCounters(device: string): Readonly<Record<string, number>> {
  const args = ["-j", "statistic", "show", "link", `${device}/1`];
  const { stdout } = spawnSync("rdma", args, { encoding: "utf8" });
  const [counters] = JSON.parse(stdout) as Record<string, unknown>[];
  return Object.fromEntries(
    Object.entries(counters ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    ),
  );
}

/** Bytes that an interface of this namespace has sent and received. */
export function interfaceBytes(name: string): { readonly sent: number; readonly received: number } {
  const read = (counter: string): number =>
    Number(readFileSync(`/sys/class/net/${name}/statistics/${counter}`, "utf8"));
  return { sent: read("tx_bytes"), received: read("rx_bytes") };
}
