import { type File as RemoteFile, readPipeline, TransferError } from "../../core/index.ts";
import { formatSize } from "../render/size.ts";
import type { TransferEnvironment } from "./environment.ts";
import { WINDOW_BYTES } from "./limits.ts";
import { readAll } from "./local-io.ts";

/**
 * How much of what is there already is compared before it is trusted: all that a transfer which lost its
 * connection can have left beyond the first gap.
 */
const COMPARED_BYTES = WINDOW_BYTES;
/** So much before a gap must be equal, or the gap may have begun earlier than what was compared. */
const EQUAL_BYTES = 65_536;

/** Two files of which one is to be continued. */
export interface Beginning {
  readonly file: RemoteFile;
  /** The local file, readable. */
  readonly fd: number;
  readonly localPath: string;
  /** How much of the one that is continued is there, in bytes. */
  readonly end: number;
  /** The one that is continued. */
  readonly continues: "local" | "remote";
}

/**
 * Compares what is there already: all of it with `settings.verify`, else its last 16 MiB. An interrupted
 * transfer may have left a gap, which reads as zeros: then it ends where the first gap begins.
 *
 * @returns where to go on, in bytes; less than `end` where there was a gap
 * @throws {TransferError} where the one file is no beginning of the other
 */
export async function whereToContinue(
  env: TransferEnvironment,
  beginning: Beginning,
): Promise<number> {
  const { file, fd, end, continues } = beginning;
  const from = env.settings.verify === true ? 0 : Math.max(0, end - COMPARED_BYTES);
  let gapAt = end;
  await readPipeline(file, {
    ranges: [{ offset: from, length: end - from }],
    place: async (remote, offset) => {
      const local = Buffer.allocUnsafe(remote.length);
      const count = await readAll(fd, local, offset);
      if (count < remote.length) throw refusal(beginning, offset + count, from);
      if (local.equals(remote)) return;
      const [there, source] = continues === "local" ? [local, remote] : [remote, local];
      const difference = findDifference(there, source);
      if (!difference.isGap) throw refusal(beginning, offset + difference.index, from);
      gapAt = Math.min(gapAt, offset + difference.index);
    },
    signal: env.signal,
  });
  if (gapAt < end && from > 0 && gapAt - from < EQUAL_BYTES) throw refusal(beginning, gapAt, from);
  if (from > 0) {
    env.onNotice?.(
      `\\${file.path}: only the ${formatSize(end - from)} before byte ${end} were compared with ${beginning.localPath}; --verify compares all of it`,
    );
  }
  if (gapAt < end) {
    env.onNotice?.(
      `\\${file.path}: an interrupted transfer left a gap; continued at byte ${gapAt} instead of ${end}`,
    );
  }
  return gapAt;
}

/** Where `there` first differs from `source`, and whether it only has zeros wherever it does. */
function findDifference(
  there: Uint8Array,
  source: Uint8Array,
): { readonly index: number; readonly isGap: boolean } {
  let first: number | undefined;
  for (let index = 0; index < there.length; index += 1) {
    if (there[index] === source[index]) continue;
    first ??= index;
    if (there[index] !== 0) return { index: first, isGap: false };
  }
  return { index: first ?? there.length, isGap: true };
}

function refusal({ file, localPath, end, continues }: Beginning, at: number, from: number): Error {
  const compared = from === 0 ? `all ${end} bytes` : `the last ${end - from} of ${end} bytes`;
  const whole = continues === "local" ? "get fetches" : "put stores";
  return new TransferError(
    `${localPath} and \\${file.path} differ: not resumed, nothing was changed (${compared} were compared; byte ${at} is not the same); ${whole} the whole file`,
  );
}
