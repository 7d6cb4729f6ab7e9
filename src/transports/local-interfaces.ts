import { readdir, readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { LocalInterface } from "../core/local-interface.ts";

const MEGABIT = 1_000_000;
/** After so many unused entries nothing more is expected of a device's table of addresses. */
const MOST_UNUSED = 32;

/** Where Linux tells about its network interfaces and RDMA devices; elsewhere nothing is there. */
const SYSTEM_DIRECTORY = "/sys/class";

/**
 * The addresses of this machine, with what Linux knows of the interfaces: speed, queues, RDMA
 * devices. What it does not tell (a virtual interface has no speed) is left open. Never rejects.
 */
export async function localInterfaces(
  systemDirectory: string = SYSTEM_DIRECTORY,
  addresses: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): Promise<readonly LocalInterface[]> {
  const rdmaDevices = await rdmaDevicesByInterface(join(systemDirectory, "infiniband"));
  const found: LocalInterface[] = [];
  for (const [name, infos = []] of Object.entries(addresses)) {
    const known = await describe(join(systemDirectory, "net", name));
    for (const { address, family, cidr, internal } of infos) {
      found.push({
        ...known,
        name,
        family: family === "IPv6" ? "ipv6" : "ipv4",
        address: address.toLowerCase(),
        prefixLength: Number(cidr?.split("/")[1] ?? (family === "IPv6" ? 128 : 32)),
        isLoopback: internal,
        rdmaDevice: rdmaDevices.get(name),
      });
    }
  }
  return found;
}

async function describe(
  directory: string,
): Promise<Pick<LocalInterface, "index" | "linkSpeed" | "isRssCapable">> {
  const [index, megabits, queues] = await Promise.all([
    numberIn(join(directory, "ifindex")),
    numberIn(join(directory, "speed")),
    namesIn(join(directory, "queues")),
  ]);
  const receiving = queues.filter((queue) => queue.startsWith("rx-")).length;
  return {
    index,
    // An interface that is down or virtual answers -1, or not at all.
    linkSpeed: Math.max(0, megabits) * MEGABIT,
    // Where the system tells of no queues, the server's word has to do.
    isRssCapable: receiving !== 1,
  };
}

/** RDMA devices by the network interface that they belong to. */
async function rdmaDevicesByInterface(directory: string): Promise<ReadonlyMap<string, string>> {
  const devices = new Map<string, string>();
  for (const device of await namesIn(directory)) {
    for (const name of await interfacesOf(join(directory, device))) devices.set(name, device);
  }
  return devices;
}

async function interfacesOf(device: string): Promise<readonly string[]> {
  // Cards: the interfaces of the same PCI device. Software devices (rxe, siw): their parent.
  const names = [...(await namesIn(join(device, "device", "net")))];
  names.push(await textIn(join(device, "parent")));
  for (const port of await namesIn(join(device, "ports"))) {
    names.push(...(await interfacesOfAddresses(join(device, "ports", port, "gid_attrs", "ndevs"))));
  }
  return names.filter((name) => name !== "");
}

/** The table is filled from its beginning, and may have a thousand entries: reading all takes long. */
async function interfacesOfAddresses(directory: string): Promise<readonly string[]> {
  const entries = (await namesIn(directory)).toSorted((a, b) => Number(a) - Number(b));
  const names: string[] = [];
  for (let start = 0; start < entries.length; start += MOST_UNUSED) {
    const next = entries.slice(start, start + MOST_UNUSED);
    const found = await Promise.all(next.map((entry) => textIn(join(directory, entry))));
    names.push(...found);
    if (found.every((name) => name === "")) break;
  }
  return names;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch(() => []);
}

async function textIn(file: string): Promise<string> {
  return (await readFile(file, "utf8").catch(() => "")).trim();
}

async function numberIn(file: string): Promise<number> {
  return Number.parseInt(await textIn(file), 10) || 0;
}
