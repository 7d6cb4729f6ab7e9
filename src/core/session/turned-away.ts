import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { BUSY_STATUSES } from "../nt-status-classes.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { Command, CreateDisposition } from "../smb2/constants.ts";
import type { CreateRequest } from "../smb2/create.ts";
import type { SetInfoRequest } from "../smb2/set-info.ts";
import { type Result, type SendAlone, sendOneByOne } from "./one-by-one.ts";
import type { AnyRequestSpec } from "./request-spec.ts";

/**
 * What a server may answer to a member of a compound that it would have to process asynchronously
 * ([MS-SMB2] 3.3.5.2.7, 3.3.4.2): it has not carried it out, and would do so for a request of its own.
 * What it is too busy for comes to the same.
 */
const STATUSES: readonly number[] = [NtStatus.INTERNAL_ERROR, ...BUSY_STATUSES];

/** Whether a member of a compound failed only because it was one, or was damaged on the way. */
export function isTurnedAway(result: unknown): result is NtStatusError {
  if (!(result instanceof NtStatusError)) return false;
  return STATUSES.includes(result.status) || result.mayBeDamage;
}

/** FLUSH is always processed asynchronously: behind it in a frame nothing but a refusal can follow. */
export function isFlushFollowed(specs: readonly AnyRequestSpec[]): boolean {
  return specs.slice(0, -1).some(({ request }) => request.command === Command.FLUSH);
}

/**
 * Asks again, as requests of their own, for what a server turned away in a related compound, and for
 * what failed behind it. Where the compound's CLOSE was carried out all the same, the file is opened
 * again for that.
 *
 * @param send sends one request; throws NtStatusError where the server refuses it
 * @returns for each message its reply, or the status it failed with
 */
export async function askAgain(
  specs: readonly AnyRequestSpec[],
  results: readonly Result[],
  send: SendAlone,
): Promise<readonly Result[]> {
  const at = results.findIndex(isTurnedAway);
  const [first] = specs;
  if (at < 0 || first === undefined) return results;
  const isByPath = first.request.command === Command.CREATE;
  if (at === 0 && isByPath) return sendOneByOne(specs, send);
  if (!isClosed(specs, results)) return sendFailed(specs, results, at, send);
  return isByPath ? openAgain(specs, results, at, send) : results;
}

function isClosed(specs: readonly AnyRequestSpec[], results: readonly Result[]): boolean {
  const isLast = specs.at(-1)?.request.command === Command.CLOSE;
  return isLast && !(results.at(-1) instanceof NtStatusError);
}

/** The handle is still open: what failed from `at` on is sent with it. */
async function sendFailed(
  specs: readonly AnyRequestSpec[],
  results: readonly Result[],
  at: number,
  send: SendAlone,
): Promise<readonly Result[]> {
  const isFailed = (index: number): boolean =>
    index >= at && results[index] instanceof NtStatusError;
  return sendOneByOne(specs, send, (index) => (isFailed(index) ? undefined : results[index]));
}

/** The handle is closed: the file is opened as it is now for what was turned away. */
async function openAgain(
  specs: readonly AnyRequestSpec[],
  results: readonly Result[],
  at: number,
  send: SendAlone,
): Promise<readonly Result[]> {
  const [create, close] = [specs[0], specs.at(-1)];
  if (create === undefined || close === undefined) return results;
  const indexes = specs
    .map((_, index) => index)
    .filter((index) => index >= at && index < specs.length - 1)
    // Done once, these cannot be done again.
    .filter((index) => results[index] instanceof NtStatusError || !isMove(specs[index]));
  const members = indexes.flatMap((index) => specs[index] ?? []);
  const answers = await sendOneByOne([reopening(create), ...members, close], send);
  const merged = [...results];
  for (const [position, index] of indexes.entries()) {
    const answer = answers[position + 1];
    if (answer !== undefined) merged[index] = answer;
  }
  return merged;
}

/** A CREATE that opens what another one has made, emptied or opened. */
function reopening(create: AnyRequestSpec): AnyRequestSpec {
  const message: CreateRequest = {
    ...(create.message as CreateRequest),
    createDisposition: CreateDisposition.OPEN,
    createContexts: [],
  };
  return { ...create, message };
}

function isMove(spec: AnyRequestSpec | undefined): boolean {
  if (spec?.request.command !== Command.SET_INFO) return false;
  const { fileInfoClass } = spec.message as SetInfoRequest;
  const moves: readonly number[] = [FileInformationClass.RENAME, FileInformationClass.DISPOSITION];
  return moves.includes(fileInfoClass);
}
