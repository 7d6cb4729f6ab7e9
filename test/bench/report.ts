import { type Measurement, median } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";

export type ClientName = "smbx" | "smbclient";

/** What one program did in one scenario. Wall and CPU are medians, peak is the largest. */
export interface ClientResult {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number | undefined;
  /** It was ended before it was done: the times are what the whole would have taken at that rate. */
  readonly isCut: boolean;
  readonly rounds: readonly Pick<Measurement, "wallSeconds" | "cpuSeconds" | "peakMiB">[];
}

/** One line of the table. */
export interface ScenarioResult {
  readonly name: string;
  readonly bytes: number | undefined;
  readonly files: number | undefined;
  readonly smbx: ClientResult;
  /** undefined where there is none to compare with. */
  readonly smbclient: ClientResult | undefined;
  /** How many times as fast as smbclient we were. */
  readonly ratio: number | undefined;
  readonly target: number;
  readonly isMet: boolean | undefined;
  /** What is missing, in words. */
  readonly shortfall: string | undefined;
}

/** Sums up the rounds of one program. */
export function summarize(rounds: readonly Measurement[]): ClientResult | undefined {
  if (rounds.length === 0) return undefined;
  const peaks = rounds.map(({ peakMiB }) => peakMiB).filter((peak) => peak !== undefined);
  return {
    wallSeconds: median(rounds.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(rounds.map(({ cpuSeconds }) => cpuSeconds)),
    peakMiB: peaks.length === 0 ? undefined : Math.max(...peaks),
    isCut: rounds.some(({ isCut }) => isCut),
    rounds: rounds.map(({ wallSeconds, cpuSeconds, peakMiB }) => ({
      wallSeconds,
      cpuSeconds,
      peakMiB,
    })),
  };
}

/** Compares the two programs and judges. */
export function judge(
  scenario: Scenario,
  smbx: ClientResult,
  smbclient: ClientResult | undefined,
): ScenarioResult {
  const ratio = smbclient === undefined ? undefined : smbclient.wallSeconds / smbx.wallSeconds;
  const faults: string[] = [];
  if (ratio !== undefined && ratio < scenario.target) {
    faults.push(`${ratio.toFixed(2)} times as fast, wanted ${scenario.target.toFixed(2)}`);
  }
  if (scenario.maxPeakMiB !== undefined && (smbx.peakMiB ?? 0) >= scenario.maxPeakMiB) {
    faults.push(`${smbx.peakMiB?.toFixed(0)} MiB, wanted less than ${scenario.maxPeakMiB}`);
  }
  return {
    name: scenario.name,
    bytes: scenario.bytes,
    files: scenario.files,
    smbx,
    smbclient,
    ratio,
    target: scenario.target,
    isMet: ratio === undefined ? undefined : faults.length === 0,
    shortfall: faults.length === 0 ? undefined : faults.join("; "),
  };
}

const COLUMNS = [
  ...["", "smbclient", "smbx", "ratio", "target", ""],
  ...["CPU s", "CPU s/GiB", "peak MiB"],
] as const;

/**
 * The table for people; CPU and memory stand as smbclient / smbx. With a tilde before it a time is
 * what the whole would have taken: the program was ended when it had taken long enough.
 */
export function renderTable(results: readonly ScenarioResult[]): string {
  const rows = [COLUMNS, ...results.map(renderRow)];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}

function renderRow(result: ScenarioResult): readonly string[] {
  const { smbx, smbclient, bytes, ratio, isMet } = result;
  const clients = [smbclient, smbx];
  const both = (render: (client: ClientResult) => string): string =>
    clients.map((client) => (client === undefined ? "-" : render(client))).join(" / ");
  const perGiB = (client: ClientResult): string =>
    bytes === undefined || bytes < MIB ? "-" : ((client.cpuSeconds * GIB) / bytes).toFixed(2);
  return [
    result.name,
    smbclient === undefined ? "-" : renderTime(result, smbclient),
    renderTime(result, smbx),
    ratio?.toFixed(2) ?? "-",
    result.target.toFixed(2),
    isMet === undefined ? "-" : isMet ? "met" : "MISSED",
    both(({ cpuSeconds }) => cpuSeconds.toFixed(2)),
    both(perGiB),
    both(renderPeak),
  ];
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

function renderTime(
  { bytes, files }: ScenarioResult,
  { wallSeconds, isCut }: ClientResult,
): string {
  const time = `${isCut ? "~" : ""}${wallSeconds.toFixed(3)} s`;
  if (files !== undefined) return `${time} ${Math.round(files / wallSeconds)}/s`;
  if (bytes !== undefined) return `${time} ${Math.round(bytes / wallSeconds / MIB)} MiB/s`;
  return time;
}

function renderPeak({ peakMiB }: ClientResult): string {
  return peakMiB === undefined ? "-" : peakMiB.toFixed(0);
}
