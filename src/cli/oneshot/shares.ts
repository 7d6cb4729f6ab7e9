import { fetchShares, formatShares, shareJson } from "../list-shares.ts";
import { isRemoteLocation, parseLocation } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";

/** `shares SERVER…`: the shares of servers, given as URLs or by their names. */
export async function shares(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx shares URL");
  await job.forEach(operands, async (operand) => {
    const location = parseLocation(isRemoteLocation(operand) ? operand : `//${operand}`);
    const found = await fetchShares(await job.client(location), location.host, job.signal);
    if (!job.isJson) job.io.out(formatShares(found));
    else for (const share of found) job.emit({ server: location.host, ...shareJson(share) });
  });
}
