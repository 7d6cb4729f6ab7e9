import { isIP } from "node:net";
import { checkQuic, type QuicReport } from "../../transports/index.ts";
import { formatQuicReport, quicReportJson } from "../render/quic-report.ts";
import { isRemoteLocation, parseLocation } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";

/** `quic-check HOST[:PORT]…`: what a server's QUIC and its certificates are like. */
export async function quicCheck(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx quic-check HOST[:PORT]...");
  let isFirst = true;
  await job.forEach(operands, async (operand) => {
    const report = await check(job, operand);
    const { server } = report;
    if (job.isJson) job.emit(quicReportJson(server, report));
    else job.io.out(`${isFirst ? "" : "\n"}${formatQuicReport(server, report)}`);
    isFirst = false;
    // The verdict is part of the report; what is left of it is the exit status.
    if (report.failure !== undefined) job.note(report.failure);
  });
}

async function check(job: Job, operand: string): Promise<QuicReport & { server: string }> {
  const location = parseLocation(isRemoteLocation(operand) ? operand : `//${operand}`);
  const { quic, signal, options } = job.run;
  const { host } = location;
  if (isIP(host) !== 0 && quic.serverName === undefined) {
    throw new UsageError(
      `${host} is an address, and certificates are for names: give the name, or --quic-server-name=NAME`,
    );
  }
  const target = job.run.quicTarget(location);
  const { timeoutSeconds } = options;
  const patience = timeoutSeconds === undefined ? {} : { connectTimeoutMs: timeoutSeconds * 1000 };
  const report = await checkQuic(target, quic, { signal, ...patience });
  return { ...report, server: host };
}
