import type { FaultKind } from "./fault.ts";
import { describeRound, type Possible, planRound } from "./plan.ts";
import { playRound, type RoundReport } from "./round.ts";
import { possibleWith, Stage, type StageOptions } from "./stage.ts";

/** Which rounds are played. */
export interface CampaignPlan {
  /** Of the first round; the next ones count on. */
  readonly seed: number;
  readonly rounds: number;
  /** How many at once, each with a server of its own. */
  readonly workers: number;
  /** Leaves out rounds in whose description this does not occur; empty for none. */
  readonly only: string;
  /** Prints a line for each round, not only for those that went wrong. */
  readonly verbose: boolean;
}

/** Plays the rounds of a plan and prints what went wrong; returns the exit status. */
export async function campaign(plan: CampaignPlan, options: StageOptions): Promise<number> {
  const { seed, rounds, workers } = plan;
  console.log(`${rounds} rounds from seed ${seed} on`);
  const reports: RoundReport[] = [];
  const seeds = wantedSeeds(plan, possibleWith(options));
  const work = async (): Promise<void> => {
    await using stage = await Stage.set(options);
    for (;;) {
      const round = seeds.next();
      if (round.done === true) return;
      const started = performance.now();
      const report = await playRound(stage, round.value);
      reports.push(report);
      tell(report, performance.now() - started, plan.verbose);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, rounds) }, work));
  const wrong = reports.filter(({ problems }) => problems.length > 0).length;
  console.log(table(reports));
  console.log(`${reports.length - wrong} rounds well, ${wrong} wrong`);
  return wrong === 0 ? 0 : 1;
}

/** The seeds of a plan; gives up where nothing is like what is wanted. */
function* wantedSeeds({ seed, rounds, only }: CampaignPlan, possible: Possible): Iterator<number> {
  let found = 0;
  for (let next = seed; found < rounds && next < seed + rounds * 1000; next += 1) {
    if (!describeRound(planRound(next, possible)).includes(only)) continue;
    found += 1;
    yield next;
  }
}

function tell(report: RoundReport, ms: number, verbose: boolean): void {
  const { seed, description, problems, ending, succeeded } = report;
  const { status, signal, stdout, stderr } = ending;
  const end = signal ?? `status ${status}`;
  if (problems.length === 0) {
    if (verbose) {
      const what = `${succeeded ? "success" : "failure"} (${end})`;
      const said = succeeded ? "" : `\n  ${(stderr || stdout).trim().replaceAll("\n", "\n  ")}`;
      console.log(`${seed}: ${what}, ${Math.round(ms)} ms: ${description}${said}`);
    }
    return;
  }
  const lines = [
    `WRONG: --seed ${seed} --rounds 1 (${end})`,
    `  ${description}`,
    ...problems.slice(0, 20).map((problem) => `  * ${problem}`),
    ...`${stdout}${stderr}`
      .trim()
      .slice(0, 4000)
      .split("\n")
      .map((line) => `  | ${line}`),
  ];
  console.log(lines.join("\n"));
}

/** How the rounds of each kind of fault ended. */
function table(reports: readonly RoundReport[]): string {
  const kinds = new Map<FaultKind, { succeeded: number; failed: number }>();
  for (const { faultKind, succeeded } of reports) {
    const counts = kinds.get(faultKind) ?? { succeeded: 0, failed: 0 };
    counts[succeeded ? "succeeded" : "failed"] += 1;
    kinds.set(faultKind, counts);
  }
  return [...kinds]
    .map(([kind, { succeeded, failed }]) => `${kind}: ${succeeded} succeeded, ${failed} failed`)
    .join("; ");
}
