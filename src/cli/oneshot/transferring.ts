import type { Tree } from "../../core/index.ts";
import { namedFailure, type TransferStyle, transferFailure } from "../commands/transfers.ts";
import { printable } from "../render/printable.ts";
import { formatSize } from "../render/size.ts";
import {
  createProgress,
  type FinishedFile,
  type TransferEnvironment,
  type TransferProgress,
} from "../transfer/index.ts";
import { UsageError } from "../usage-error.ts";
import type { ConnectedPlace, Job } from "./job.ts";
import { finishedJson } from "./json.ts";

/** How subcommands move files, without anything said about it. */
export function transferEnvironment(job: Job, tree: Tree): TransferEnvironment {
  return {
    tree,
    settings: job.settings,
    signal: job.signal,
    continuedBy: "the same command",
    onNotice: (message) => job.io.err(`${printable(message)}\n`),
    drained: () => job.io.drained(),
    outBytes: (bytes) => job.io.outBytes(bytes),
  };
}

/** What one transfer of many files does. */
export interface ManyFiles {
  readonly style: TransferStyle;
  /** Finds the place that files come from or go to; what it throws is a failure of the transfer. */
  connect(): Promise<ConnectedPlace>;
  move(environment: TransferEnvironment, place: ConnectedPlace): Promise<unknown>;
}

/**
 * Moves many files with progress on a terminal; each file is an object with `--json`. Failures are
 * reported as they come, and the sum at the end, however it ends.
 *
 * @throws {UsageError} where nothing was tried
 * @throws the reason of an interruption, when the sum is told
 */
export async function transferMany(job: Job, many: ManyFiles): Promise<void> {
  const progress = await createProgress(job.io);
  const sum = new Sum();
  try {
    const place = await many.connect();
    sum.begin();
    await many.move(reportingTo(job, place, many.style, progress, sum), place);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!job.signal.aborted) {
      sum.failures += 1;
      progress.print(() => job.report(namedFailure(many.style, error)));
    }
  } finally {
    progress.end();
  }
  tellSum(job, sum);
  job.signal.throwIfAborted();
}

/** Reports what happens and adds it up. */
function reportingTo(
  job: Job,
  place: ConnectedPlace,
  style: TransferStyle,
  progress: TransferProgress,
  sum: Sum,
): TransferEnvironment {
  const onNotice = (message: string): void => {
    progress.print(() => job.io.err(`${printable(message)}\n`));
  };
  return {
    ...transferEnvironment(job, place.tree),
    progress,
    onNotice,
    onFile(file) {
      sum.add(file);
      if (!job.isJson) return;
      const emit = (): void => job.emit(finishedJson(place, file));
      // Where the objects go to the terminal as well, the bar makes room for them.
      if (job.io.isTerminal) progress.print(emit);
      else emit();
    },
    onFailure(failure) {
      sum.failures += 1;
      progress.print(() => job.report(transferFailure(style, failure)));
    },
    onLeft() {
      sum.notTried += 1;
    },
    onSkipped(message) {
      sum.skipped += 1;
      onNotice(message);
    },
  };
}

/** What became of the files of a transfer. */
class Sum {
  files = 0;
  bytes = 0;
  failures = 0;
  /** Left when something ended the transfer: cancelled, or not begun. */
  notTried = 0;
  /** Passed over: what is neither a file nor a directory, and links to directories. */
  skipped = 0;
  #startedAt: number | undefined;

  begin(): void {
    this.#startedAt = performance.now();
  }

  add({ bytes }: FinishedFile): void {
    this.files += 1;
    this.bytes += bytes;
  }

  get hasBegun(): boolean {
    return this.#startedAt !== undefined;
  }

  get ms(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
  }
}

function tellSum(job: Job, sum: Sum): void {
  const { files, bytes, ms, failures, notTried, skipped } = sum;
  if (job.isJson) {
    const event = { event: "summary", files, bytes, ms: Math.round(ms) };
    job.emit({ ...event, failures, notTried, skipped });
  }
  if (notTried > 0 && !job.signal.aborted)
    job.io.err(`${notTried} ${notTried === 1 ? "file was" : "files were"} not tried\n`);
  if (job.isJson || !job.io.isErrTerminal || !sum.hasBegun) return;
  const rate = ms > 0 ? `, ${formatSize(Math.round((bytes / ms) * 1000))}/s` : "";
  job.io.err(`${files} ${files === 1 ? "file" : "files"}, ${formatSize(bytes)}${rate}\n`);
}
