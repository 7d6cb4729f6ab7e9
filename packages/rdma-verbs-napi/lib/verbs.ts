import type { RdmaDevice, RdmaLimits } from "./device.ts";
import type { RdmaProvider } from "./interface.ts";
import { addonUnavailable, type NativeDevice, type NativeProvider, native } from "./native.ts";
import { AddonProvider } from "./native-provider.ts";
import { readSysfs } from "./sysfs.ts";

class VerbsProvider extends AddonProvider {
  readonly name = "verbs";
  readonly isForTests = false;

  unavailable(): string | undefined {
    const reason = addonUnavailable();
    if (reason !== undefined) return reason;
    // The kernel's list first: where it is empty, no library has to be loaded to know.
    if (readSysfs().length === 0) {
      return "there is no RDMA device (rdma link show; /sys/class/infiniband is empty)";
    }
    return this.native.unavailable();
  }

  devices(): readonly RdmaDevice[] {
    const found = readSysfs();
    if (found.length === 0) return [];
    const problem = addonUnavailable() ?? this.native.unavailable();
    const opened = problem === undefined ? this.native.devices() : [];
    return found.map((device) => {
      const entry = opened.find(({ name }) => name === device.name);
      const why = problem ?? entry?.problem ?? (entry === undefined ? UNKNOWN : undefined);
      return { ...device, limits: readLimits(entry), problem: why };
    });
  }

  protected get native(): NativeProvider {
    return native().verbs;
  }
}

const UNKNOWN =
  "libibverbs does not know this device: is its driver (ibverbs-providers) installed?";

/** The numbers of ibv_device_attr in the order of the addon. */
export function readLimits(device: NativeDevice | undefined): RdmaLimits | undefined {
  if (device === undefined || device.limits.length === 0) return undefined;
  const at = (index: number): number => device.limits[index] ?? 0;
  return {
    maxSge: at(0),
    maxSgeRead: at(1),
    maxQueuePairs: at(2),
    maxWorkRequests: at(3),
    maxCompletions: at(4),
    maxRegions: at(5),
    maxRegionSize: device.maxRegionSize,
    maxReadsAnswered: at(6),
    maxReadsStarted: at(7),
    maxWindows: at(8),
    hasType2Windows: at(9) !== 0,
    firmware: device.firmware,
  };
}

/** RDMA on the system's libibverbs and librdmacm. */
export const verbs: RdmaProvider = new VerbsProvider();
