import { transferFailure } from "../commands/transfers.ts";
import { downloadFile } from "../transfer/index.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";
import { forEachMatch } from "./matching.ts";
import { transferEnvironment } from "./transferring.ts";

/** `cat URL…`: files to standard output, one after the other. */
export async function cat(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx cat URL...");
  if (job.isJson) throw new UsageError("cat writes files as they are: --json makes no sense");
  await job.forEachPlace(operands, (place) =>
    forEachMatch(job, place, async (remotePath) => {
      try {
        await downloadFile(transferEnvironment(job, place.tree), remotePath, "-");
      } catch (error) {
        const style = { direction: "download", showLocal: (path: string) => path } as const;
        throw transferFailure(style, { remotePath, localPath: "-", error });
      }
    }),
  );
}
