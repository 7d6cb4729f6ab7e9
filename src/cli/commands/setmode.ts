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
  details:
    "`setmode file +rh-a` sets read-only and hidden and clears archive; s is system. A sign counts for all letters behind it, in later words too; letters before the first sign are set. What is set and cleared is cleared.",
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
        return repeats ? [line, line] : line;
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

/**
 * `["+rh-a", "s"]` as the bits to set and to clear. As with smbclient the words are one text: a sign
 * counts until the next one, and letters before the first are set.
 */
export function parseModes(changes: readonly string[]): { set: number; clear: number } {
  const text = changes.join("").toLowerCase();
  if (/[^+\-rsha]/.test(text)) throw new UsageError("setmode <filename> <perm=[+|-]rsha>");
  let set = 0;
  let clear = 0;
  for (const [, sign, letters = ""] of text.matchAll(/([+-]?)([rsha]+)/g)) {
    const bits = [...letters].reduce((sum, letter) => sum | (BITS[letter] ?? 0), 0);
    if (sign === "-") clear |= bits;
    else set |= bits;
  }
  if ((set | clear) === 0) throw new UsageError("setmode <filename> <[+|-]rsha>");
  return { set, clear };
}
