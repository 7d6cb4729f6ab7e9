import type { Command } from "../command.ts";
import { toggle } from "./toggles.ts";

export const prompt: Command = {
  names: ["prompt"],
  usage: "",
  summary: "toggle prompting for filenames for mget and mput",
  details:
    "While it is on, mget and mput ask for each file and directory: y takes it, a takes it and all that follow, q ends the asking, everything else passes it over. `on` or `off` sets it.",
  maxArguments: 1,
  completes: ["none"],
  run: toggle("prompt", "prompting"),
};
