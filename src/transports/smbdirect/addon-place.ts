import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The beginning of every reason. */
export const NEEDED = "SMB Direct needs the rdma-verbs-napi addon";
/** What to do about it. */
export const COMMAND = "`npm run build:rdma` in a checkout of smbx builds it";
/** Where the kernel shows its RDMA devices. */
const DEVICES = "/sys/class/infiniband";

/** What is looked at; a test may point elsewhere. */
export interface AddonPlace {
  readonly folder?: string | undefined;
  readonly devices?: string;
}

/** Why SMB Direct cannot be used in this installation, or undefined. Loads nothing. */
export function addonUnavailable(place: AddonPlace = {}): string | undefined {
  const { folder = addonFolder(), devices = DEVICES } = place;
  if (folder === undefined) return `${NEEDED}, which is not installed (${COMMAND})`;
  if (existsSync(join(folder, "build", "Release", "rdma_verbs_napi.node"))) {
    return hasDevice(devices) ? undefined : "this machine has no RDMA device";
  }
  const note = join(folder, "build", "unavailable.txt");
  const reason = existsSync(note) ? `: ${readFileSync(note, "utf8").split("\n")[0]}` : "";
  return `${NEEDED}, which is not built${reason} (${COMMAND})`;
}

/** Where the package lies: the workspace's in a checkout; installed beside smbx, if somebody did. */
export function addonFolder(): string | undefined {
  try {
    const require = createRequire(import.meta.filename);
    return dirname(require.resolve("rdma-verbs-napi/package.json"));
  } catch {
    return undefined;
  }
}

function hasDevice(devices: string): boolean {
  try {
    return readdirSync(devices).length > 0;
  } catch {
    return false;
  }
}
