import { type FileTime, fileTimeFromUnixMs } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { resolveRemote } from "../context.ts";
import { parseTime } from "../render/time.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

const USAGE = "utimes <filename> <create-time> <access-time> <write-time> <change-time>";
const FORMAT = ":MM:DD-HH:MM:SS format or -1 for no change";

export const utimes: Command = {
  names: ["utimes"],
  usage: "<file name> <create_time> <access_time> <mod_time> <ctime>",
  summary: "set times",
  details: "Times are [YY]YY:MM:DD-HH:MM:SS in the local zone; -1 leaves one as it is.",
  maxArguments: 5,
  completes: ["remote-path", "none"],
  async run({ tree, cwd, signal }, [name, ...texts]) {
    if (name === undefined) throw new UsageError(USAGE, `Dates should be in YY${FORMAT}`);
    const times = texts.slice(0, 4).map(readTime);
    if (times.length < 4) {
      const count = `Insufficient dates: ${times.length}`;
      throw new UsageError(count, USAGE, `Dates should be in YY${FORMAT}`);
    }
    const [creationTime, lastAccessTime, lastWriteTime, changeTime] = times;
    await phrased(
      (status) => `cli_setpathinfo_ext failed: ${status}`,
      () =>
        tree.setBasicInfo(
          resolveRemote(cwd, name),
          {
            ...(creationTime === undefined ? {} : { creationTime }),
            ...(lastAccessTime === undefined ? {} : { lastAccessTime }),
            ...(lastWriteTime === undefined ? {} : { lastWriteTime }),
            ...(changeTime === undefined ? {} : { changeTime }),
          },
          { signal },
        ),
    );
  },
};

/** undefined for -1. */
function readTime(text: string): FileTime | undefined {
  if (text === "-1") return undefined;
  const ms = parseTime(text);
  if (ms === undefined) {
    const problem = `Invalid date format: ${text}`;
    throw new UsageError(problem, USAGE, `Dates should be in [YY]YY${FORMAT}`);
  }
  return fileTimeFromUnixMs(ms);
}
