import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";

/** [MS-SMB2] 2.2.32.5 Capability. */
export const NetworkInterfaceCapability = { RSS: 0x01, RDMA: 0x02 } as const;

/** [MS-SMB2] 2.2.32.5 NETWORK_INTERFACE_INFO: an address at which the server can be reached. */
export interface NetworkInterfaceInfo {
  /** Tells interfaces apart; several addresses may share one. */
  readonly interfaceIndex: number;
  readonly capability: number;
  /** In bits per second. 0 where the server does not know. */
  readonly linkSpeed: number;
  readonly family: "ipv4" | "ipv6";
  readonly address: string;
  /** The zone of a link-local IPv6 address on the server; 0 elsewhere. */
  readonly scopeId: number;
}

const ENTRY_LENGTH = 152;
const AddressFamily = { IPV4: 0x0002, IPV6: 0x0017 } as const;

/**
 * Decodes the response of FSCTL_QUERY_NETWORK_INTERFACE_INFO. What is unusable is left out instead of
 * refused, as the list is only an offer: entries of other families, a cut-off end, the eight bytes
 * that some servers add.
 */
export function decodeNetworkInterfaceInfo(bytes: Uint8Array): NetworkInterfaceInfo[] {
  const interfaces: NetworkInterfaceInfo[] = [];
  let at = 0;
  while (at + ENTRY_LENGTH <= bytes.length) {
    const r = new Reader(bytes, at);
    const next = r.u32();
    const entry = readEntry(r);
    if (entry !== undefined) interfaces.push(entry);
    if (next < ENTRY_LENGTH) break;
    at += next;
  }
  return interfaces;
}

/** One buffer of entries, as a server answers. Addresses are given as bytes: 4 or 16. */
export function encodeNetworkInterfaceInfo(
  entries: readonly (Omit<NetworkInterfaceInfo, "family" | "address"> & {
    readonly address: Uint8Array;
  })[],
): Uint8Array {
  return encodeBytes(entries.length * ENTRY_LENGTH, (w) => {
    entries.forEach((entry, index) => {
      const isIpv4 = entry.address.length === 4;
      w.u32(index === entries.length - 1 ? 0 : ENTRY_LENGTH); // Next
      w.u32(entry.interfaceIndex); // IfIndex
      w.u32(entry.capability); // Capability
      w.u32(0); // Reserved
      w.u64(entry.linkSpeed); // LinkSpeed
      w.u16(isIpv4 ? AddressFamily.IPV4 : AddressFamily.IPV6); // SockAddr_Storage: Family
      w.u16(0); // Port
      if (!isIpv4) w.u32(0); // FlowInfo
      w.raw(entry.address); // IPv4Address / IPv6Address
      if (!isIpv4) w.u32(entry.scopeId); // ScopeId
      w.zero(isIpv4 ? 120 : 100);
    });
  });
}

function readEntry(r: Reader): NetworkInterfaceInfo | undefined {
  const interfaceIndex = r.u32();
  const capability = r.u32();
  r.skip(4);
  const linkSpeed = Number(r.big64());
  const family = r.u16();
  r.skip(2);
  const common = { interfaceIndex, capability, linkSpeed };
  if (family === AddressFamily.IPV4) {
    return { ...common, family: "ipv4", address: r.raw(4).join("."), scopeId: 0 };
  }
  if (family !== AddressFamily.IPV6) return undefined;
  r.skip(4);
  const address = formatIpv6(r.raw(16));
  return { ...common, family: "ipv6", address, scopeId: r.u32() };
}

/** The text of RFC 5952: lower case, the longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  const text = groups.join(":");
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((best, run) => (zeros(run) > zeros(best) ? run : best), "");
  if (longest === "") return text;
  const start = text.indexOf(longest);
  return `${text.slice(0, start)}::${text.slice(start + longest.length).replace(/^:/, "")}`;
}

function zeros(run: string): number {
  return run.split("0").length - 1;
}
