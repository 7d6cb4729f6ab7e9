import type { Tree } from "../../core/index.ts";
import { namedFailure, type TransferStyle, transferFailure } from "../commands/transfers.ts";
import { printable } from "../render/printable.ts";
import { formatSize } from "../render/size.ts";
import {
  createProgress,
  type TransferEnvironment,
  type TransferSummary,
} from "../transfer/index.ts";
import type { ConnectedPlace, Job } from "./job.ts";
import { finishedJson } from "./json.ts";

/** How subcommands move files, without anything said about it. */
export function transferEnvironment(job: Job, tree: Tree): TransferEnvironment {
  return {
    tree,
    settings: job.settings,
    signal: job.signal,
    onNotice: (message) => job.io.err(`${printable(message)}\n`),
    drained: () => job.io.drained(),
    outBytes: (bytes) => job.io.outBytes(bytes),
  };
}

/**
 * Moves many files with progress on a terminal; each file is an object with `--json`. Failures are
 * told as they come, on a terminal when the bars are gone. The sum is told at the end.
 */
export async function transferMany(
  job: Job,
  place: ConnectedPlace,
  style: TransferStyle,
  move: (environment: TransferEnvironment) => Promise<TransferSummary>,
): Promise<void> {
  const progress = await createProgress(job.io);
  const failures: unknown[] = [];
  let summary: TransferSummary;
  try {
    summary = await move({
      ...transferEnvironment(job, place.tree),
      progress,
      onNotice: (message) => progress.print(() => job.io.err(`${printable(message)}\n`)),
      onFile: (file) => {
        if (!job.isJson) return;
        const emit = (): void => job.emit(finishedJson(place, file));
        // Where the objects go to the terminal as well, the bar makes room for them.
        if (job.io.isTerminal) progress.print(emit);
        else emit();
      },
      onFailure: (failure) => {
        const error = transferFailure(style, failure);
        if (job.io.isErrTerminal) failures.push(error);
        else job.fail(error);
      },
    });
  } catch (error) {
    throw namedFailure(style, error);
  } finally {
    progress.end();
    for (const error of failures) job.fail(error);
  }
  tellSummary(job, summary);
}

function tellSummary(job: Job, { files, bytes, ms, failures }: TransferSummary): void {
  if (job.isJson) {
    job.emit({ event: "summary", files, bytes, ms: Math.round(ms), failures: failures.length });
  } else if (job.io.isErrTerminal) {
    const rate = ms > 0 ? `, ${formatSize(Math.round((bytes / ms) * 1000))}/s` : "";
    job.io.err(`${files} ${files === 1 ? "file" : "files"}, ${formatSize(bytes)}${rate}\n`);
  }
}
