import type { Command } from "../command.ts";
import { toggle } from "./toggles.ts";

export const recurse: Command = {
  names: ["recurse"],
  usage: "",
  summary: "toggle directory recursion for mget and mput",
  details:
    "ls and du go into subdirectories too while it is on; del never does. `on` or `off` sets it.",
  maxArguments: 1,
  completes: ["none"],
  run: toggle("recurse", "directory recursion"),
};
