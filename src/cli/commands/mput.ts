import { basename, dirname, resolve } from "node:path";
import type { Command } from "../command.ts";
import type { ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import { askForEach } from "./asking.ts";
import { expectNoFailures, showLocalPath, type TransferStyle, withTransfers } from "./transfers.ts";

export const mput: Command = {
  names: ["mput"],
  usage: "<mask>",
  summary: "put all matching files",
  details:
    "Several masks may follow each other. With recurse on, directories that match are stored with all that is in them and that the mask setting allows. Asks for each file while prompt is on.",
  completes: ["local-path"],
  async run(context, masks) {
    const isQuiet = context.personality.habits.isTerse;
    if (masks.length === 0 && !isQuiet) throw new UsageError("nothing to mput");
    for (const mask of masks) {
      const found = await storeMatching(context, mask);
      if (!found && !isQuiet) throw new StatedFailure(`no local file matches ${mask}`);
    }
  },
};

/** Tells whether anything matched. */
async function storeMatching(context: ShellContext, mask: string): Promise<boolean> {
  const style: TransferStyle = {
    direction: "upload",
    showLocal: (path) => showLocalPath(context, path),
  };
  // Only the last part of a path may be a mask: `mput photos/*.jpg`.
  const localDirectory = resolve(context.localCwd, dirname(mask));
  const isBelow = dirname(mask) === "." ? "" : `${dirname(mask)}/`;
  const { planUpload, uploadMany } = await import("../transfer/index.ts");
  let matched = false;
  const summary = await withTransfers(context, style, (environment) => {
    const { settings, signal, cwd } = context;
    const ask = askForEach(
      context,
      ({ relativePath, isDirectory }) =>
        `Put ${isDirectory ? "directory" : "file"} ${printable(isBelow + relativePath)}? `,
      environment.progress,
    );
    const plan = planUpload({
      localDirectory,
      pattern: basename(mask),
      directory: cwd,
      recurse: settings.recurse,
      mask: settings.mask,
      signal,
      choose: (candidate) => {
        matched = true;
        return ask?.(candidate) ?? true;
      },
      ...(environment.onNotice === undefined ? {} : { onNotice: environment.onNotice }),
    });
    return uploadMany(environment, plan);
  });
  expectNoFailures(style, summary);
  return matched;
}
