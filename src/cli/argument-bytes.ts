import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/** What Node gives instead of bytes that are not UTF-8. Few names really hold it. */
export const REPLACEMENT = "\ufffd";

/**
 * The number, from 1, of the first argument that is not UTF-8. Node replaces such bytes, and the text is
 * that of another name. Undefined where all is well, and where the system does not show the bytes.
 *
 * @param argv the arguments behind the program's own name, as Node gives them
 * @param read the bytes of the command line, each argument with a NUL behind it
 */
export function undecodableArgument(
  argv: readonly string[],
  read: () => Buffer = () => readFileSync("/proc/self/cmdline"),
): number | undefined {
  if (!argv.some((argument) => argument.includes(REPLACEMENT))) return undefined;
  let bytes: Buffer;
  try {
    bytes = read();
  } catch {
    return undefined;
  }
  const all = bytes.toString("latin1").split("\0").slice(0, -1);
  const index = all
    .slice(-argv.length)
    .findIndex((argument) => !isUtf8(Buffer.from(argument, "latin1")));
  return index === -1 ? undefined : index + 1;
}
