import type { Command } from "../command.ts";
import { toggle } from "./toggles.ts";

export const lowercase: Command = {
  names: ["lowercase"],
  usage: "",
  summary: "toggle lowercasing of filenames for get",
  details: "Local names that get and mget choose are made lower case. `on` or `off` sets it.",
  maxArguments: 1,
  completes: ["none"],
  run: toggle("lowercase", "lowercasing of names"),
};
