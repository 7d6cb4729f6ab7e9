import type { Command } from "../command.ts";
import { announce } from "./announce.ts";

export const mask: Command = {
  names: ["mask"],
  usage: "<mask>",
  summary: "mask all filenames against this",
  details:
    "Only files that match are listed, fetched and deleted; directories are not judged, and mput does not look at it. Without a mask all files are taken again.",
  maxArguments: 1,
  completes: ["none"],
  async run(context, [pattern = ""]) {
    context.settings.mask = pattern;
    announce(context, pattern === "" ? "all files are taken" : `only ${pattern} is taken`);
  },
};
