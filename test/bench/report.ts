import { type Measurement, median } from "./measure.ts";
import type { Scenario } from "./scenarios.ts";

export type ClientName = "smbx" | "smbclient";

/** What one program did in one scenario. Wall and CPU are medians, peak is the largest. */
export interface ClientResult {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number | undefined;
  readonly rounds: readonly Pick<Measurement, "wallSeconds" | "cpuSeconds" | "peakMiB">[];
}

/** One line of the table. */
export interface ScenarioResult {
  readonly name: string;
  readonly bytes: number | undefined;
  readonly files: number | undefined;
  readonly smbx: ClientResult;
  readonly smbclient: ClientResult;
  /** How many times as fast as smbclient we were. */
  readonly ratio: number;
  readonly target: number;
  readonly isMet: boolean;
  /** What is missing, in words. */
  readonly shortfall: string | undefined;
}

/** Sums up the rounds of one program. */
export function summarize(rounds: readonly Measurement[]): ClientResult {
  const peaks = rounds.map(({ peakMiB }) => peakMiB).filter((peak) => peak !== undefined);
  return {
    wallSeconds: median(rounds.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(rounds.map(({ cpuSeconds }) => cpuSeconds)),
    peakMiB: peaks.length === 0 ? undefined : Math.max(...peaks),
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
  smbclient: ClientResult,
): ScenarioResult {
  const ratio = smbclient.wallSeconds / smbx.wallSeconds;
  const faults: string[] = [];
  if (ratio < scenario.target) {
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
    isMet: faults.length === 0,
    shortfall: faults.length === 0 ? undefined : faults.join("; "),
  };
}

const COLUMNS = ["", "smbclient", "smbx", "ratio", "target", "", "CPU s", "peak MiB"] as const;

/** The table for people; CPU and memory stand as smbclient / smbx. */
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
  const { smbx, smbclient } = result;
  return [
    result.name,
    renderTime(result, smbclient),
    renderTime(result, smbx),
    result.ratio.toFixed(2),
    result.target.toFixed(2),
    result.isMet ? "met" : "MISSED",
    `${smbclient.cpuSeconds.toFixed(2)} / ${smbx.cpuSeconds.toFixed(2)}`,
    `${renderPeak(smbclient)} / ${renderPeak(smbx)}`,
  ];
}

function renderTime({ bytes, files }: ScenarioResult, { wallSeconds }: ClientResult): string {
  const time = `${wallSeconds.toFixed(3)} s`;
  if (files !== undefined) return `${time} ${Math.round(files / wallSeconds)}/s`;
  if (bytes !== undefined) return `${time} ${Math.round(bytes / wallSeconds / 1048576)} MiB/s`;
  return time;
}

function renderPeak({ peakMiB }: ClientResult): string {
  return peakMiB === undefined ? "-" : peakMiB.toFixed(0);
}
