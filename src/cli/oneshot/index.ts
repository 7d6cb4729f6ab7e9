import { ReaderGone } from "../interrupts.ts";
import type { Run } from "../run.ts";
import { Job } from "./job.ts";

/** What a subcommand does with its operands. Failures of single operands go to the job. */
export type Subcommand = (job: Job, operands: readonly string[]) => Promise<void>;

/** Each is loaded when it is asked for. */
const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  ls: async () => (await import("./ls.ts")).ls,
  get: async () => (await import("./get.ts")).get,
  put: async () => (await import("./put.ts")).put,
  cat: async () => (await import("./cat.ts")).cat,
  rm: async () => (await import("./rm.ts")).rm,
  mkdir: async () => (await import("./mkdir.ts")).mkdir,
  mv: async () => (await import("./mv.ts")).mv,
  du: async () => (await import("./du.ts")).du,
  stat: async () => (await import("./stat.ts")).stat,
  "quic-check": async () => (await import("./quic-check.ts")).quicCheck,
  channels: async () => (await import("./channels.ts")).channels,
  shares: async () => (await import("./shares.ts")).shares,
};

/** Runs `smbx NAME OPERANDS`. Returns the exit status. */
export async function runSubcommand(
  run: Run,
  name: string,
  operands: readonly string[],
): Promise<number> {
  const load = SUBCOMMANDS[name];
  if (load === undefined) throw new Error(`${name} is no subcommand`);
  const subcommand = await load();
  const job = new Job(run);
  try {
    await subcommand(job, operands);
  } catch (error) {
    if (!(run.signal.reason instanceof ReaderGone)) job.fail(error);
  }
  return job.status;
}
