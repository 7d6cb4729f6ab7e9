import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { fetchFile } from "./get.ts";
import { runProgram } from "./local-program.ts";

export const more: Command = {
  names: ["more"],
  usage: "<remote name>",
  summary: "view a remote file with your pager",
  details: "The file is fetched to a private temporary directory and given to $PAGER.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [name]) {
    if (name === undefined) throw new UsageError("more <filename>");
    const directory = await mkdtemp(join(tmpdir(), "smbmore."));
    try {
      const local = join(directory, "file");
      await fetchFile(context, name, local);
      const pager = process.env["PAGER"] ?? "more";
      // The pager may have arguments; the name goes in as $1, whatever characters it has.
      await runProgram(context, "/bin/sh", ["-c", `${pager} "$1"`, "sh", local]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
