import { sep } from "node:path";
import type { Command } from "../command.ts";
import type { ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import type { DownloadItem, TargetClaims } from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { UsageError } from "../usage-error.ts";
import { questionsOf } from "./asking.ts";
import { PassedOver } from "./passed-over.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { displayMask, nothingMatches, parseRemoteMask, type RemoteMask } from "./remote-mask.ts";
import { expectNoFailures, showLocalPath, type TransferStyle, withTransfers } from "./transfers.ts";

export const mget: Command = {
  names: ["mget"],
  usage: "<mask>",
  summary: "get all the matching files",
  details:
    "Several masks may follow each other; where one of them fails, the others are taken nevertheless. With recurse on, directories that match are fetched with all that is in them and that the mask setting allows; without it they are passed over, which is reported. Links to directories are left out, with a remark. Asks for each file while prompt is on; it is an error if standard input ends there.",
  completes: ["remote-path"],
  async run(context, masks) {
    if (masks.length === 0) throw new UsageError("nothing to mget");
    const log = new FailureLog(context);
    const { TargetClaims } = await import("../transfer/index.ts");
    const targets = new TargetClaims(sep, masks.length > 1);
    for (const text of masks) {
      try {
        await fetchMatching(context, parseRemoteMask(context, text), targets);
      } catch (error) {
        if (context.personality.habits.mgetStopsAtFailure) throw error;
        log.add(error);
      }
    }
    log.finish();
  },
};

async function fetchMatching(
  context: ShellContext,
  mask: RemoteMask,
  targets: TargetClaims,
): Promise<void> {
  const style: TransferStyle = {
    direction: "download",
    showLocal: (path) => showLocalPath(context, path),
  };
  const { downloadMany, planDownload } = await import("../transfer/index.ts");
  const passedOver = new PassedOver(context, mask.pattern);
  let matched = false;
  const summary = await withTransfers(context, style, async (environment) => {
    const { settings, signal, tree, localCwd } = context;
    const questions = questionsOf(
      context,
      ({ name, isDirectory }) => `Get ${isDirectory ? "directory" : "file"} ${printable(name)}? `,
      environment.progress,
    );
    const plan = planDownload(tree, {
      ...mask,
      localDirectory: resolveLocal(localCwd, "."),
      recurse: settings.recurse,
      mask: settings.mask,
      lowercase: settings.lowercase,
      signal,
      choose: (candidate) => {
        matched = true;
        return questions?.choose(candidate) ?? true;
      },
      onDirectory: ({ name }) => passedOver.add(name, environment),
      ...(environment.onNotice === undefined ? {} : { onNotice: environment.onNotice }),
    });
    const done = await phrased(
      (status) => `${status} listing ${displayMask(mask)}`,
      () => downloadMany({ ...environment, targets }, noting(plan)),
    );
    questions?.expectAnswers();
    return done;
  });
  expectNoFailures(style, summary);
  if (matched) return;
  passedOver.expectNone("mget fetches");
  throw nothingMatches(mask);

  async function* noting(items: AsyncIterable<DownloadItem>): AsyncGenerator<DownloadItem> {
    for await (const item of items) {
      matched = true;
      yield item;
    }
  }
}
