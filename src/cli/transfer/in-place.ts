import {
  completeFile,
  type FileTimes,
  type NtStatusError,
  type File as RemoteFile,
  setTimesWherePossible,
} from "../../core/index.ts";
import type { TransferEnvironment } from "./environment.ts";

/** How a file that was written under its own name is finished; see `Completion`. */
interface InPlace {
  readonly size: number;
  readonly times: FileTimes | undefined;
  readonly signal: AbortSignal;
}

/** As `completeFile`, for a file of somebody else as well: where its times may not be set, that is noted. */
export async function completeInPlace(
  env: TransferEnvironment,
  file: RemoteFile,
  { size, times, signal }: InPlace,
): Promise<void> {
  const onRefused = noteTimesRefused(env, file.path);
  if (times !== undefined) await setTimesWherePossible(file, times, onRefused, { signal });
  await completeFile(file, { size, signal });
}

/** Notes that all bytes of `path` are there, and the times are not. */
export function noteTimesRefused(
  { onNotice }: TransferEnvironment,
  path: string,
): (refusal: NtStatusError) => void {
  return (refusal) =>
    onNotice?.(`\\${path} was not given the times of the local file: ${refusal.statusName}`);
}
