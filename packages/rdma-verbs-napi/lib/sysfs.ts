import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RdmaPort, RdmaTransport } from "./device.ts";

/** Tables of addresses have up to 1024 entries, the first of them in use. */
const MAX_UNUSED = 16;
/** RDMA_NODE_RNIC. */
const RNIC = "4";

/** What the kernel tells of a device without opening it. */
export interface SysfsDevice {
  readonly name: string;
  readonly transport: RdmaTransport;
  readonly ports: readonly RdmaPort[];
}

/** The RDMA devices of this machine. A folder for tests stands in for /sys. */
export function readSysfs(root = "/sys"): readonly SysfsDevice[] {
  const folder = join(root, "class", "infiniband");
  return entries(folder).map((name) => readDevice(root, join(folder, name), name));
}

function readDevice(root: string, folder: string, name: string): SysfsDevice {
  const isIwarp = text(join(folder, "node_type")).startsWith(RNIC);
  const ports = entries(join(folder, "ports"))
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => readPort(root, folder, number, isIwarp));
  const isEthernet = ports.some(({ linkLayer }) => linkLayer === "ethernet");
  return { name, transport: isIwarp ? "iwarp" : isEthernet ? "roce" : "infiniband", ports };
}

function readPort(root: string, device: string, number: number, isIwarp: boolean): RdmaPort {
  const folder = join(device, "ports", String(number));
  const addresses = join(folder, "gid_attrs");
  const { netdevs, types } = readAddresses(addresses);
  if (netdevs.size === 0) for (const name of guessNetdevs(root, device, folder)) netdevs.add(name);
  const roceVersions: (1 | 2)[] = [];
  const linkLayer = readLinkLayer(text(join(folder, "link_layer")));
  if (linkLayer === "ethernet" && !isIwarp) {
    if (types.has("IB/RoCE v1")) roceVersions.push(1);
    if (types.has("RoCE v2")) roceVersions.push(2);
  }
  const isActive = text(join(folder, "state")).includes("ACTIVE");
  return { number, isActive, linkLayer, netdevs: [...netdevs].sort(), roceVersions };
}

function readAddresses(folder: string): {
  readonly netdevs: Set<string>;
  readonly types: Set<string>;
} {
  const netdevs = new Set<string>();
  const types = new Set<string>();
  const indexes = entries(join(folder, "types")).map(Number);
  let unused = 0;
  for (const index of indexes.sort((a, b) => a - b)) {
    // Unused entries answer with an error.
    const type = text(join(folder, "types", String(index)));
    unused = type === "" ? unused + 1 : 0;
    if (unused > MAX_UNUSED) break;
    if (type === "") continue;
    types.add(type);
    const netdev = text(join(folder, "ndevs", String(index)));
    if (netdev !== "") netdevs.add(netdev);
  }
  return { netdevs, types };
}

function readLinkLayer(word: string): RdmaPort["linkLayer"] {
  if (word === "Ethernet") return "ethernet";
  return word === "InfiniBand" ? "infiniband" : "unknown";
}

/** Where the address table does not name it: rxe's parent, a card's own, the one with siw's MAC. */
function guessNetdevs(root: string, device: string, port: string): readonly string[] {
  const parent = text(join(device, "parent"));
  if (parent !== "") return [parent];
  const own = entries(join(device, "device", "net"));
  if (own.length > 0) return own;
  const mac = text(join(port, "gids", "0"))
    .replaceAll(":", "")
    .slice(0, 12);
  if (mac === "" || /^0*$/.test(mac)) return [];
  const net = join(root, "class", "net");
  return entries(net).filter((name) => {
    return text(join(net, name, "address")).replaceAll(":", "") === mac;
  });
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
