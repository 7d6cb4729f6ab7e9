import { isInPlace, type Job } from "./job.ts";

/** Something that the campaign finds, and that is being mended. */
interface KnownFault {
  readonly problem: RegExp;
  readonly jobs: (job: Job) => boolean;
}

/** Goes with the mend: nothing is to stay here. */
const KNOWN_FAULTS: readonly KnownFault[] = [
  // Chunks are stored in the order of their arrival, and a gap stays when the connection is lost.
  { problem: /is no beginning of the new content|became shorter/, jobs: isInPlace },
  // What follows from it: resuming finds a difference, or does not find it.
  { problem: /^(?:resumed|done again): /, jobs: isInPlace },
];

/** Whether a problem is one that is being mended. */
export function isKnown(job: Job, problem: string): boolean {
  return KNOWN_FAULTS.some((known) => known.problem.test(problem) && known.jobs(job));
}
