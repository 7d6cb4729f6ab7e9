import type { Command } from "../command.ts";
import { printable } from "../render/printable.ts";
import { phrased } from "./phrases.ts";

export const volume: Command = {
  names: ["volume"],
  usage: "",
  summary: "print the volume name",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, tree }) {
    const { label, serialNumber } = await phrased(
      (status) => `Error ${status} getting volume info`,
      () => tree.volume(),
    );
    io.out(`Volume: |${printable(label)}| serial number 0x${serialNumber.toString(16)}\n`);
  },
};
