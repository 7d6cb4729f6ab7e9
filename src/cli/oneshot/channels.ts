import { channelJson, formatChannels, formatVerdicts, verdictJson } from "../render/channels.ts";
import { isRemoteLocation, parseLocation } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";

/** `channels SERVER…`: opens the connections that a transfer would use, and shows them. */
export async function channels(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx channels URL");
  await job.forEach(operands, async (operand) => {
    const location = parseLocation(isRemoteLocation(operand) ? operand : `//${operand}`);
    const client = await job.client(location);
    await client.openChannels();
    const reports = await client.channels();
    const state = client.multichannel;
    const server = location.host;
    if (!job.isJson) {
      job.io.out(formatChannels(reports, job.io.columns));
      job.io.out(formatVerdicts(state, job.io.columns));
      return;
    }
    for (const report of reports) job.emit({ event: "channel", server, ...channelJson(report) });
    for (const verdict of state?.plan?.verdicts ?? [])
      job.emit({ server, ...verdictJson(verdict) });
    const why = state === undefined ? "off" : (state.impossible ?? state.failure);
    if (why !== undefined) job.emit({ event: "multichannel", server, reason: why });
  });
}
