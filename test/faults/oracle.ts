import type { Finished } from "../support/program.ts";
import { contentOf } from "./content.ts";
import { isInPlace, isResumed, isUpload, type Job, type JobFile } from "./job.ts";
import { beforeOf } from "./scene.ts";

/** How the program ended. */
export interface Ending extends Finished {
  /** It had to be ended: nothing else would have. */
  readonly hung: boolean;
}

/** What was done from outside, as far as it excuses something. */
export interface Circumstances {
  /** The signal that the program was sent. */
  readonly sent?: NodeJS.Signals | undefined;
  /**
   * The server was ended. A new small file is made, written and closed by one frame: a server that dies
   * in the middle of it leaves the beginning of one.
   */
  readonly serverDied?: boolean;
  /**
   * The connection was lost. Of an upload that is written in place, later pieces may have arrived before
   * earlier ones then, and nobody is left to cut the file: resuming has to see to the gaps.
   */
  readonly lost?: boolean;
}

/** What is there afterwards. */
export interface Afterwards {
  read(file: JobFile): Buffer | undefined;
  /** Names of further files beside the targets. */
  others(): readonly string[];
}

/** Up to this size an upload of a new file is one frame. */
const ONE_FRAME_BYTES = 64 * 1024;
/** How far behind a gap pieces may have been written: what transfers have under way of one file. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** What a file that is not finished is called. */
const TEMPORARY = /^(?:.*\/)?\.?[^/]+\.smbx-[a-z0-9]{6}\.part$/;
/** What only programmers understand. */
const INTERNAL =
  /^\s+at \S.*[:(]|node:[a-z]|\bERR_[A-Z]|\b(?:Type|Range|Reference|Assertion)Error\b|\bE(?:CONN\w+|PIPE|NOSPC|TIMEDOUT|INVAL|BADF|IO)\b|undefined|\[object |DeprecationWarning/m;
const OWN_STATUSES = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
const SMBCLIENT_STATUSES = new Set([0, 1, 130]);
const BY_SIGNAL = new Map<NodeJS.Signals, number>([
  ["SIGINT", 130],
  ["SIGTERM", 143],
]);

/** What is printed of files that were moved. */
const PROGRESS = /^(?:(?:putting|getting) file .*|.*: only the .* were compared with .*)?$/;

/**
 * Whether the program says that everything worked. smbclient has commands that fail with status 0 and a
 * message.
 */
export function saysSuccess({ personality }: Job, { status, stdout, stderr }: Finished): boolean {
  if (status !== 0) return false;
  return (
    personality === "smbx" || (stdout + stderr).split("\n").every((line) => PROGRESS.test(line))
  );
}

/**
 * What is wrong with how a job ended, in sentences; nothing where all is well.
 *
 * Success means that all bytes are there. After a failure a target holds what it held before, or the
 * new content, or, where files are written in place, a beginning of the new content; besides targets
 * there are only temporary files, which say so by their names.
 */
export function judge(
  job: Job,
  ending: Ending,
  afterwards: Afterwards,
  circumstances: Circumstances = {},
): string[] {
  const success = saysSuccess(job, ending);
  const problems = [...judgeEnding(job, ending, circumstances.sent)];
  for (const file of job.files) {
    const problem = judgeTarget(job, file, afterwards.read(file), { ...circumstances, success });
    if (problem !== undefined) problems.push(`${file.path}: ${problem}`);
  }
  for (const name of afterwards.others()) {
    if (success) problems.push(`${name} was left though everything worked`);
    else if (!TEMPORARY.test(name)) problems.push(`${name} is nothing that was asked for`);
  }
  return problems;
}

function* judgeEnding(job: Job, ending: Ending, sent?: NodeJS.Signals): Iterable<string> {
  const { hung, status, signal, stdout, stderr } = ending;
  if (hung) yield "it hung";
  else if (signal !== undefined && signal !== sent) yield `it was ended by ${signal}`;
  else if (status !== undefined) {
    const documented = job.personality === "smbx" ? OWN_STATUSES : SMBCLIENT_STATUSES;
    const bySignal = sent !== undefined && BY_SIGNAL.get(sent) === status;
    if (!documented.has(status) && !bySignal) yield `its exit status is ${status}`;
  }
  const internal = INTERNAL.exec(stdout + stderr);
  if (internal !== null) yield `it prints ${JSON.stringify(internal[0])}`;
}

/** What is wrong with one target. */
export function judgeTarget(
  job: Job,
  file: JobFile,
  found: Buffer | undefined,
  { success, serverDied, lost }: Circumstances & { readonly success: boolean },
): string | undefined {
  const wanted = contentOf(file.seed, file.size);
  if (found?.equals(wanted) === true) return undefined;
  const difference = `it has ${describe(found, wanted)}`;
  if (success) return `success, but ${difference}`;
  const before = beforeOf(file);
  if (isSame(found, before)) return undefined;
  if (found === undefined) return "it is gone";
  const isBeginning = found.equals(wanted.subarray(0, found.length));
  const isOneFrame = serverDied === true && before === undefined && file.size <= ONE_FRAME_BYTES;
  if (!isInPlace(job) && !(isOneFrame && isUpload(job) && isBeginning))
    return `it is neither old nor whole: ${difference}`;
  const mayHaveGaps = lost === true && isUpload(job) && isScattered(found, wanted);
  if (!isBeginning && !mayHaveGaps) return `it is no beginning of the new content: ${difference}`;
  if (isResumed(job) && found.length < (file.start ?? 0)) return `it became shorter: ${difference}`;
  return undefined;
}

/** Whether `reget` or `reput` can go on: nothing is there, or a beginning, perhaps with gaps. */
export function canResume(file: JobFile, found: Buffer | undefined): boolean {
  if (found === undefined) return true;
  const wanted = contentOf(file.seed, file.size);
  return found.equals(wanted.subarray(0, found.length)) || isScattered(found, wanted);
}

/** Whether all that is wrong are zeros where nothing was written, and not before the last window. */
function isScattered(found: Buffer, wanted: Buffer): boolean {
  if (found.length > wanted.length) return false;
  const start = Math.max(0, found.length - WINDOW_BYTES);
  if (!found.subarray(0, start).equals(wanted.subarray(0, start))) return false;
  for (let index = start; index < found.length; index += 1)
    if (found[index] !== wanted[index] && found[index] !== 0) return false;
  return true;
}

function isSame(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

function describe(found: Buffer | undefined, wanted: Buffer): string {
  if (found === undefined) return "nothing";
  const length = Math.min(found.length, wanted.length);
  let first = 0;
  while (first < length && found[first] === wanted[first]) first += 1;
  let wrong = 0;
  let zeros = 0;
  for (let index = first; index < length; index += 1) {
    if (found[index] === wanted[index]) continue;
    wrong += 1;
    if (found[index] === 0) zeros += 1;
  }
  const where =
    wrong === 0 ? "" : `, ${wrong} wrong from byte ${first} on (${zeros} of them zeros)`;
  return `${found.length} of ${wanted.length} bytes${where}`;
}
