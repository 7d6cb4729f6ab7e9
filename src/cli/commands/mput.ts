import { basename, dirname } from "node:path";
import type { Command } from "../command.ts";
import type { ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { printable } from "../render/printable.ts";
import type { TargetClaims } from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { UsageError } from "../usage-error.ts";
import { questionsOf } from "./asking.ts";
import { PassedOver } from "./passed-over.ts";
import { FailureLog } from "./phrases.ts";
import { expectNoFailures, showLocalPath, type TransferStyle, withTransfers } from "./transfers.ts";

export const mput: Command = {
  names: ["mput"],
  usage: "<mask>",
  summary: "put all matching files",
  details:
    "Masks match whatever the case, with `*` and `?`; several may follow each other. With recurse on, directories that match are stored with all that is in them; without it they are passed over, which is reported. The mask setting does not count here, as with smbclient. Asks for each file while prompt is on; it is an error if standard input ends there.",
  completes: ["local-path"],
  async run(context, masks) {
    const { isTerse } = context.personality.habits;
    if (masks.length === 0 && !isTerse) throw new UsageError("nothing to mput");
    const log = new FailureLog(context);
    const { TargetClaims } = await import("../transfer/index.ts");
    const targets = new TargetClaims("\\", masks.length > 1);
    for (const mask of masks) {
      try {
        await storeMatching(context, mask, targets);
      } catch (error) {
        log.add(error);
      }
    }
    log.finish();
  },
};

function noLocalMatch(mask: string): StatedFailure {
  const cause = Object.assign(new Error("nothing matches"), { code: "ENOENT" });
  return new StatedFailure(`no local file matches ${mask}`, { cause });
}

async function storeMatching(
  context: ShellContext,
  mask: string,
  targets: TargetClaims,
): Promise<void> {
  const style: TransferStyle = {
    direction: "upload",
    showLocal: (path) => showLocalPath(context, path),
  };
  // Only the last part of a path may be a mask: `mput photos/*.jpg`.
  const localDirectory = resolveLocal(context.localCwd, dirname(mask));
  const isBelow = dirname(mask) === "." ? "" : `${dirname(mask)}/`;
  const { planUpload, uploadMany } = await import("../transfer/index.ts");
  const { isTerse } = context.personality.habits;
  const passedOver = new PassedOver(context, mask);
  let matched = false;
  const summary = await withTransfers(context, style, async (environment) => {
    const { settings, signal, cwd } = context;
    const questions = questionsOf(
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
      signal,
      choose: (candidate) => {
        matched = true;
        return questions?.choose(candidate) ?? true;
      },
      onDirectory: ({ relativePath }) => passedOver.add(isBelow + relativePath, environment),
      ...(environment.onNotice === undefined ? {} : { onNotice: environment.onNotice }),
    });
    const done = await uploadMany({ ...environment, targets }, plan);
    questions?.expectAnswers();
    return done;
  });
  expectNoFailures(style, summary);
  if (matched || isTerse) return;
  passedOver.expectNone("mput stores");
  throw noLocalMatch(mask);
}
