import { SeededRandom } from "../support/seeded-random.ts";
import { describeFaults, FAULT_KINDS, type Fault, type FaultKind, makeFaults } from "./fault.ts";
import { describeJob, JOB_KINDS, type Job, makeJob } from "./job.ts";

/** What can be done on this machine. */
export interface Possible {
  readonly fullDisks: boolean;
  readonly quic: boolean;
}

/** One round: a job, and what goes wrong meanwhile. */
export interface RoundPlan {
  readonly seed: number;
  readonly job: Job;
  readonly faults: readonly Fault[];
  /** What the first fault was to be. */
  readonly faultKind: FaultKind;
}

/** The round of a seed. Seeds in a row go through all kinds of jobs and of faults. */
export function planRound(seed: number, possible: Possible): RoundPlan {
  const random = new SeededRandom(seed);
  const turn = Math.floor(seed / JOB_KINDS.length);
  const jobKind = JOB_KINDS[seed % JOB_KINDS.length] ?? "get";
  const faultKind = FAULT_KINDS[(seed + turn) % FAULT_KINDS.length] ?? "none";
  const job = makeJob(jobKind, random, possible.quic);
  return { seed, job, faults: makeFaults(faultKind, job, random, possible), faultKind };
}

/** For people: a line for the job and one for its faults. */
export function describeRound({ job, faults }: RoundPlan): string {
  return `${describeJob(job)}\n  ${describeFaults(faults)}`;
}
