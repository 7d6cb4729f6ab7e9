import type {
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
} from "../../../src/cli/transfer/index.ts";
import { MemoryShare, type MemoryShareOptions } from "../../core/file/memory-share.ts";

/** A share in memory and an environment that notes what it is told. */
export interface Rig {
  readonly share: MemoryShare;
  readonly env: TransferEnvironment;
  readonly controller: AbortController;
  readonly finished: FinishedFile[];
  readonly failures: TransferFailure[];
  readonly notices: string[];
}

/** Small chunks make large files of a few kilobytes. */
export async function rig(
  options: MemoryShareOptions & { inplace?: boolean; more?: Partial<TransferEnvironment> } = {},
): Promise<Rig> {
  const share = new MemoryShare({ chunkSize: 1000, ...options });
  const tree = await share.connect();
  share.frames = 0;
  share.commands.length = 0;
  const controller = new AbortController();
  const finished: FinishedFile[] = [];
  const failures: TransferFailure[] = [];
  const notices: string[] = [];
  const env: TransferEnvironment = {
    tree,
    settings: { keepTimes: true, inplace: options.inplace === true, jobs: 4, ioSize: 0 },
    signal: controller.signal,
    onFile: (file) => finished.push(file),
    onFailure: (failure) => failures.push(failure),
    onNotice: (notice) => notices.push(notice),
    ...options.more,
  };
  return { share, env, controller, finished, failures, notices };
}
