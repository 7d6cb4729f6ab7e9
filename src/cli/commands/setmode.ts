import { FileAttributes } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { resolveRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

const BITS: Readonly<Record<string, number>> = {
  r: FileAttributes.READONLY,
  s: FileAttributes.SYSTEM,
  h: FileAttributes.HIDDEN,
  a: FileAttributes.ARCHIVE,
};

export const setmode: Command = {
  names: ["setmode"],
  usage: "<file name> <setmode string>",
  summary: "change modes of file",
  details: "`setmode file +rh -a` sets read-only and hidden and clears archive; s is system.",
  completes: ["remote-path", "none"],
  async run({ tree, cwd, signal, personality }, [name, ...changes]) {
    if (name === undefined || changes.length === 0) {
      throw new UsageError("setmode <filename> <[+|-]rsha>");
    }
    const { set, clear } = parseModes(changes);
    const path = resolveRemote(cwd, name);
    const repeats = personality.habits.setmodeFailsTwice;
    const { attributes } = await phrased(
      (status) => {
        const line = `cli_getatr failed: ${status}`;
        return repeats ? `${line}\n${line}` : line;
      },
      () => tree.stat(path, { signal }),
    );
    const wanted = ((attributes & ~FileAttributes.NORMAL) | set) & ~clear;
    await phrased(
      (status) => `cli_setatr failed: ${status}`,
      // [MS-FSCC] 2.4.7: 0 would change nothing; NORMAL clears all others.
      () =>
        tree.setBasicInfo(
          path,
          { attributes: wanted === 0 ? FileAttributes.NORMAL : wanted },
          { signal },
        ),
    );
  },
};

/** `["+rh", "-a"]` as the bits to set and to clear; letters without a sign are set. */
export function parseModes(changes: readonly string[]): { set: number; clear: number } {
  let set = 0;
  let clear = 0;
  for (const change of changes) {
    const match = /^([+-]?)([rsha]+)$/i.exec(change);
    if (match === null) throw new UsageError("setmode <filename> <perm=[+|-]rsha>");
    const [, sign, letters = ""] = match;
    const bits = [...letters.toLowerCase()].reduce((sum, letter) => sum | (BITS[letter] ?? 0), 0);
    if (sign === "-") clear |= bits;
    else set |= bits;
  }
  return { set, clear };
}
