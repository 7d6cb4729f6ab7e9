import { readdirSync } from "node:fs";
import { AddonPlace } from "../addon-place.ts";

/** Where the kernel shows its RDMA devices. */
const DEVICES = "/sys/class/infiniband";

/** The addon that SMB Direct needs. */
export const rdmaAddon: AddonPlace = new AddonPlace("SMB Direct", "rdma-verbs-napi", "build:rdma");

/** Why SMB Direct cannot be used in this installation, or undefined. A test may look elsewhere. */
export function rdmaUnavailable(
  place: { readonly folder?: string; readonly devices?: string } = {},
): string | undefined {
  const { folder = rdmaAddon.folder, devices = DEVICES } = place;
  const reason = rdmaAddon.unavailable(folder);
  if (reason !== undefined) return reason;
  return hasDevice(devices) ? undefined : "this machine has no RDMA device";
}

function hasDevice(devices: string): boolean {
  try {
    return readdirSync(devices).length > 0;
  } catch {
    return false;
  }
}
