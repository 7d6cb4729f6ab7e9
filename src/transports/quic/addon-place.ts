import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The beginning of every reason. */
export const NEEDED = "QUIC needs the ngtcp2-napi addon";
/** What to do about it. */
export const COMMAND = "`npm run build:quic` in a checkout of smbx builds it";

/** Why QUIC cannot be used in this installation, or undefined. Loads nothing. */
export function addonUnavailable(folder: string | undefined = addonFolder()): string | undefined {
  if (folder === undefined) return `${NEEDED}, which is not installed (${COMMAND})`;
  if (existsSync(join(folder, "build", "Release", "ngtcp2_napi.node"))) return undefined;
  const note = join(folder, "build", "unavailable.txt");
  const reason = existsSync(note) ? `: ${readFileSync(note, "utf8").split("\n")[0]}` : "";
  return `${NEEDED}, which is not built${reason} (${COMMAND})`;
}

/** Where the package lies: the workspace's in a checkout; installed beside smbx, if somebody did. */
export function addonFolder(): string | undefined {
  try {
    const require = createRequire(import.meta.filename);
    return dirname(require.resolve("ngtcp2-napi/package.json"));
  } catch {
    return undefined;
  }
}
