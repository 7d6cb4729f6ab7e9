import { NtStatus, type Tree } from "../../core/index.ts";
import { isStatus, phrased } from "../commands/phrases.ts";
import { splitRemote } from "../commands/remote-mask.ts";
import { displayRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";
import { placeJson } from "./json.ts";

/** `mkdir URL…`: makes directories, and those above them that are missing. */
export async function mkdir(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx mkdir URL...");
  await job.forEachPlace(operands, async (place) => {
    await phrased(
      (status) => `${status} making remote directory ${displayRemote(place.path)}`,
      () => makeWithParents(place.tree, place.path, { signal: job.signal }),
    );
    if (job.isJson) job.emit({ event: "created", ...placeJson(place, place.path) });
  });
}

/** Tries the last one first: mostly its parent is there. */
async function makeWithParents(
  tree: Tree,
  path: string,
  options: { readonly mayExist?: boolean; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await tree.mkdir(path, options);
  } catch (error) {
    const { directory } = splitRemote(path);
    if (directory === "" || !isStatus(error, NtStatus.OBJECT_PATH_NOT_FOUND)) throw error;
    await makeWithParents(tree, directory, { ...options, mayExist: true });
    await tree.mkdir(path, options);
  }
}
