import { phrased } from "../commands/phrases.ts";
import { displayRemote } from "../context.ts";
import { formatStat } from "../render/all-info.ts";
import { connectionJson, connectionText } from "../render/connection.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";
import { entryJson } from "./json.ts";
import { forEachMatch } from "./matching.ts";

/** `stat URL…`: all that is known about files and directories. */
export async function stat(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx stat URL...");
  let isFirst = true;
  await job.forEachPlace(operands, (place) =>
    forEachMatch(job, place, async (path) => {
      const found = await phrased(
        (status) => `${status} getting attributes of ${displayRemote(path)}`,
        () => place.tree.stat(path, { signal: job.signal }),
      );
      const { client, tree } = place;
      if (job.isJson) {
        const connection = connectionJson(client, tree);
        job.emit({ ...entryJson(place, path, found), connection });
      } else {
        const text = formatStat(displayRemote(path), found, connectionText(client, tree));
        job.io.out(`${isFirst ? "" : "\n"}${text}`);
      }
      isFirst = false;
    }),
  );
}
