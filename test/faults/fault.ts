import type { Direction } from "../support/fault-relay.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import type { UdpFaults } from "../support/udp-fault-relay.ts";
import { bytesOf, isUpload, type Job } from "./job.ts";

/** What goes wrong. */
export const FAULT_KINDS = [
  "none",
  "cut",
  "cut all",
  "lag and cut",
  "stall",
  "long stall",
  "split",
  "flip",
  "kill",
  "restart",
  "full disk",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** When it happens: as soon as this byte of all that goes in this direction comes by. */
export interface Moment {
  readonly direction: Direction;
  readonly byte: number;
}

/** One thing that goes wrong during a job, described so that it can be printed and made again. */
export type Fault =
  | { readonly kind: "none" }
  /** One connection ends. */
  | { readonly kind: "cut"; readonly at: Moment; readonly how: "reset" | "end" }
  /** All end, and nothing gets through again where `refuses`. */
  | {
      readonly kind: "cut all";
      readonly at: Moment;
      readonly how: "reset" | "end";
      readonly refuses: boolean;
    }
  /** One connection becomes slow, so that the others overtake it; later all are cut. */
  | {
      readonly kind: "lag and cut";
      readonly from: Moment;
      readonly at: Moment;
      readonly bytesPerMs: number;
    }
  | {
      readonly kind: "stall" | "long stall";
      readonly at: Moment;
      readonly way: Direction | "both";
      readonly ms: number;
      readonly all: boolean;
    }
  | {
      readonly kind: "split";
      readonly at: Moment;
      readonly bytes: number;
      readonly largest: number;
    }
  | { readonly kind: "flip"; readonly at: Moment; readonly bit: number }
  /** The program is sent a signal. */
  | { readonly kind: "kill"; readonly at: Moment; readonly signal: NodeJS.Signals }
  /** The server ends by a signal and is started again. */
  | { readonly kind: "restart"; readonly at: Moment; readonly signal: NodeJS.Signals }
  /** The target's file system has room for so many bytes. */
  | { readonly kind: "full disk"; readonly bytes: number }
  /** Over QUIC: every datagram is at risk. */
  | { readonly kind: "network"; readonly faults: UdpFaults };

/** Longer than any patience; printed as a number, unlike Infinity. */
const FOREVER_MS = 1_000_000_000;
/** What gets through a network that loses one datagram in twenty before patience ends. */
const LOSSY_BYTES = 4 * 1024 * 1024;
/** About what a connection takes to be set up. */
const SET_UP_BYTES = 3000;

/** One to three faults for a job; the first is of this kind where the job allows that. */
export function makeFaults(
  kind: FaultKind,
  job: Job,
  random: SeededRandom,
  possible: { readonly fullDisks: boolean },
): Fault[] {
  const wanted: FaultKind[] = [kind];
  if (kind !== "none") {
    while (wanted.length < 3 && random.chance(0.25)) wanted.push(random.pick(FAULT_KINDS));
  }
  const faults = wanted.map((each) => makeFault(substitute(each, job, possible), job, random));
  const bearsLoss = job.transport === "quic" && bytesOf(job) <= LOSSY_BYTES;
  if (bearsLoss && random.chance(0.7)) faults.push(networkFault(random));
  return faults;
}

/** A flipped bit that nothing protects from is not found, and not every disk can be full. */
function substitute(
  kind: FaultKind,
  job: Job,
  possible: { readonly fullDisks: boolean },
): FaultKind {
  if (kind === "flip" && job.protection === "off") return "cut";
  if (kind === "full disk" && !possible.fullDisks) return "kill";
  return kind;
}

function makeFault(kind: FaultKind, job: Job, random: SeededRandom): Fault {
  const at = momentIn(job, random);
  const how = random.pick(["reset", "end"] as const);
  const timeoutMs = job.timeoutSeconds * 1000;
  switch (kind) {
    case "cut":
      return { kind, at, how };
    case "cut all":
      return { kind, at, how, refuses: random.chance(0.7) };
    case "lag and cut":
      return {
        ...{ kind, at, bytesPerMs: slowestOf(job) * random.pick([1, 10, 100]) },
        from: { ...at, byte: Math.floor(at.byte * random.next()) },
      };
    case "stall":
    case "long stall":
      return {
        ...{ kind, at, all: random.chance(0.5) },
        way: random.pick(["up", "down", "both"] as const),
        ms: kind === "stall" ? random.below(timeoutMs / 4) : FOREVER_MS,
      };
    case "split":
      return { kind, at, ...splitBy(random) };
    case "flip":
      return { kind, at, bit: random.below(8) };
    case "kill":
      return { kind, at, signal: random.pick(["SIGKILL", "SIGINT", "SIGTERM"] as const) };
    case "restart":
      return { kind, at, signal: random.pick(["SIGKILL", "SIGTERM"] as const) };
    case "full disk":
      return { kind, bytes: random.below(Math.max(1, bytesOf(job) * 1.2)) };
    default:
      return { kind: "none" };
  }
}

/** At the beginning, in the middle, or at the end, where a file gets its name. */
function momentIn(job: Job, random: SeededRandom): Moment {
  const direction: Direction = random.chance(0.8) === isUpload(job) ? "up" : "down";
  const isPayload = (direction === "up") === isUpload(job);
  const total = SET_UP_BYTES + (isPayload ? bytesOf(job) : 400 * job.files.length);
  const byte = random.pick([
    random.below(SET_UP_BYTES),
    random.below(total),
    random.below(total),
    random.below(total),
    total - SET_UP_BYTES + random.below(SET_UP_BYTES + 300 * job.files.length),
  ]);
  return { direction, byte };
}

/** In bytes a millisecond: so that all of a job passes within ten seconds even if it is all that is slow. */
function slowestOf(job: Job): number {
  return Math.max(200, Math.ceil(bytesOf(job) / 10_000));
}

/** Some hundred pieces: more would be a slow network. */
function splitBy(random: SeededRandom): { readonly bytes: number; readonly largest: number } {
  const largest = random.pick([1, 5, 100, 1500]);
  return { largest, bytes: largest * random.below(800) };
}

function networkFault(random: SeededRandom): Fault {
  const probability = (): number => random.pick([0, 0, 0.01, 0.03]);
  const faults = {
    drop: probability(),
    duplicate: probability(),
    reorder: probability(),
    corrupt: probability(),
    delayMs: random.pick([0, 0, 5]),
  };
  return { kind: "network", faults };
}

/** A job must succeed all the same. A network that loses datagrams may be given up for dead. */
export function isHarmless({ kind }: Fault): boolean {
  return ["none", "stall", "split"].includes(kind);
}

/** One line for people. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map((fault) => JSON.stringify(fault)).join(" ");
}
