import { NtStatusError } from "../nt-status-error.ts";
import type { CallOptions } from "../tree/tree-connect.ts";
import { closeQuietly } from "./discard-file.ts";
import type { File } from "./file.ts";
import type { FileTimes } from "./replace-file.ts";

/** Told where a server lets a file be written in place, but lets somebody else alone set its times. */
export type OnTimesRefused = ((refusal: NtStatusError) => void) | undefined;

/**
 * Gives an open file its times, if the server allows that: its bytes are none the worse without. Where it
 * cannot be asked any more the handle is given up.
 */
export async function setTimesWherePossible(
  file: File,
  times: FileTimes,
  onRefused: OnTimesRefused,
  options: CallOptions = {},
): Promise<void> {
  try {
    await file.setBasicInfo(times, options);
  } catch (error) {
    if (!(error instanceof NtStatusError)) {
      await closeQuietly(file.tree, file.fileId);
      throw error;
    }
    onRefused?.(error);
  }
}
