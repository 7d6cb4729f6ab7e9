import {
  AccessMask,
  CtlCode,
  decodeFileBasic,
  decodeFileStreams,
  decodeSnapshotArray,
  FileInformationClass,
  type FileStream,
  InfoType,
  NtStatus,
} from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { StatedFailure, tellFailure } from "../failure.ts";
import { formatBasicInfo } from "../render/all-info.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import { shortName } from "./altname.ts";
import { isStatus, phrased, statusNameOf } from "./phrases.ts";

const STREAMS_SIZE = 64 * 1024;
const SNAPSHOTS_SIZE = 64 * 1024;

export const allinfo: Command = {
  names: ["allinfo"],
  usage: "<file>",
  summary: "show all available info",
  details: "The short name, the four times, the attributes, the streams and the snapshots.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [name]) {
    if (name === undefined) throw new UsageError("allinfo <file>");
    const { io, tree, signal } = context;
    const path = resolveRemote(context.cwd, name);
    const shown = displayRemote(path);
    io.out(`altname: ${printable(await shortName(context, path))}\n`);
    const basic = await phrased(
      (status) => `${status} getting basic info for ${shown}`,
      () => tree.queryInfo(path, InfoType.FILE, FileInformationClass.BASIC, { signal }),
    );
    io.out(formatBasicInfo(decodeFileBasic(basic)));
    for (const stream of await listStreams(context, path)) {
      io.out(`stream: [${printable(stream.name)}], ${stream.size} bytes\n`);
    }
    await showSnapshots(context, path);
  },
};

async function listStreams(context: ShellContext, path: string): Promise<readonly FileStream[]> {
  const { tree, signal } = context;
  const options = { signal, maxSize: STREAMS_SIZE };
  return phrased(
    (status) => `${status} getting streams for ${displayRemote(path)}`,
    async () => {
      try {
        const { FILE } = InfoType;
        return decodeFileStreams(
          await tree.queryInfo(path, FILE, FileInformationClass.STREAM, options),
        );
      } catch (error) {
        // A file system without streams, or a directory that has none.
        if (isStatus(error, NtStatus.INVALID_PARAMETER, NtStatus.NOT_SUPPORTED)) return [];
        throw error;
      }
    },
  );
}

async function showSnapshots(context: ShellContext, path: string): Promise<void> {
  const { io, tree, signal, personality } = context;
  try {
    const access = AccessMask.READ_ATTRIBUTES | AccessMask.READ_DATA;
    await using open = await tree.open(path, { access, signal });
    const output = await open.ioctl(
      CtlCode.SRV_ENUMERATE_SNAPSHOTS,
      new Uint8Array(0),
      SNAPSHOTS_SIZE,
      { signal },
    );
    for (const name of decodeSnapshotArray(output).names) io.out(`${printable(name)}\n`);
  } catch (error) {
    const status = statusNameOf(error);
    if (status === undefined) throw error;
    const isMissing = isStatus(error, NtStatus.INVALID_DEVICE_REQUEST, NtStatus.NOT_SUPPORTED);
    if (isMissing && !personality.habits.tellsMissingSnapshots) return;
    // Told, but no failure: everything else is there.
    const line = `${status} getting shadow copy data for ${displayRemote(path)}`;
    tellFailure(context, new StatedFailure(line, { cause: error, toStderr: true }));
  }
}
