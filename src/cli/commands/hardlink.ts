import { AccessMask, encodeFileRename, FileInformationClass } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { resolveRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const hardlink: Command = {
  names: ["hardlink"],
  usage: "<src> <dest>",
  summary: "create a Windows hard link",
  maxArguments: 2,
  completes: ["remote-path", "remote-path", "none"],
  async run({ tree, cwd, signal }, [source, destination]) {
    if (source === undefined || destination === undefined) {
      throw new UsageError("hardlink <src> <dest>");
    }
    const link = { replaceIfExists: false, name: resolveRemote(cwd, destination) };
    await phrased(
      (status) => `${status} doing an NT hard link of files`,
      async () => {
        const access = AccessMask.WRITE_ATTRIBUTES;
        await using file = await tree.open(resolveRemote(cwd, source), { access, signal });
        // [MS-FSCC] 2.4.28.2: the form of FileLinkInformation is that of a rename.
        await file.setInfo(FileInformationClass.LINK, encodeFileRename(link), { signal });
      },
    );
  },
};
