import { median } from "../../bench/measure.ts";
import type { Direction, WireName } from "./clients.ts";

/** What one transfer took, of a client that was connected and warm. */
export interface Run {
  readonly client: "smbx" | "cifs.ko";
  readonly wire: WireName;
  readonly direction: Direction;
  readonly bytes: number;
  readonly seconds: number;
  /** User and system time of the client's process. A kernel client works outside it, too. */
  readonly processCpu: number;
  /** All that the machine did meanwhile, the server included. */
  readonly machineCpu: number;
}

const MIB = 1 << 20;
const COLUMNS = ["", "seconds", "MiB/s", "of cifs.ko", "process CPU s", "machine CPU s", "per MiB"];

/** The table for people; each figure is the middle one of the rounds. */
export function renderRuns(runs: readonly Run[]): string {
  const rows = groups(runs).map((run) => {
    const reference = groups(runs).find((other) => isReferenceOf(other, run));
    const ratio = reference === undefined ? "" : (reference.seconds / run.seconds).toFixed(2);
    return [
      `${run.direction} ${Math.round(run.bytes / MIB)} MiB, ${run.client} over ${run.wire}`,
      run.seconds.toFixed(2),
      (run.bytes / MIB / run.seconds).toFixed(1),
      run.client === "cifs.ko" ? "" : ratio,
      run.processCpu.toFixed(2),
      run.machineCpu.toFixed(2),
      `${((run.processCpu * 1000 * MIB) / run.bytes).toFixed(1)} ms`,
    ];
  });
  const table = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ");
  return `${table.map(line).join("\n")}\n`;
}

/** What was to be reached, and what was. */
export function renderTargets(runs: readonly Run[]): string {
  const lines: string[] = [];
  for (const direction of ["get", "put"] as const) {
    const own = groups(runs).filter((run) => run.direction === direction);
    const find = (client: string, wire: string): Run | undefined =>
      own.find((run) => run.client === client && run.wire === wire);
    const [direct, tcp] = [find("smbx", "SMB Direct"), find("smbx", "TCP")];
    const kernel = find("cifs.ko", "SMB Direct");
    if (direct === undefined || tcp === undefined || kernel === undefined) continue;
    const ratio = kernel.seconds / direct.seconds;
    lines.push(
      `${direction}: ${ratio.toFixed(2)} of cifs.ko over SMB Direct, wanted 0.80: ${verdict(ratio >= 0.8)}`,
    );
    const [perMiB, perMiBTcp] = [direct, tcp].map((run) => (run.processCpu * MIB) / run.bytes);
    const isLess = (perMiB ?? 0) < (perMiBTcp ?? 0);
    lines.push(`${direction}: less CPU per byte than smbx over TCP: ${verdict(isLess)}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "MISSED";
}

function isReferenceOf(other: Run, run: Run): boolean {
  return other.client === "cifs.ko" && other.wire === run.wire && other.direction === run.direction;
}

/** One run for each client, wire and direction, of the middle values. */
function groups(runs: readonly Run[]): Run[] {
  const keyed = new Map<string, Run[]>();
  for (const run of runs) {
    const key = `${run.direction} ${run.wire} ${run.client}`;
    keyed.set(key, [...(keyed.get(key) ?? []), run]);
  }
  return [...keyed.values()].flatMap((rounds) => {
    const [first] = rounds;
    const middle = (field: "seconds" | "processCpu" | "machineCpu"): number =>
      median(rounds.map((run) => run[field]));
    return first === undefined
      ? []
      : [
          {
            ...first,
            seconds: middle("seconds"),
            processCpu: middle("processCpu"),
            machineCpu: middle("machineCpu"),
          },
        ];
  });
}
