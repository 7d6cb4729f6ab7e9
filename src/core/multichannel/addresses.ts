/** What an address is good for, as far as its text tells. */
export type AddressScope = "none" | "loopback" | "link-local" | "routable";

/** An endpoint such as `192.0.2.1:445` or `[2001:db8::1]:445` in its parts. */
export function parseEndpoint(endpoint: string): { address: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(endpoint);
  if (match === null) return { address: endpoint, port: undefined };
  return { address: canonical(match[1] ?? match[2] ?? ""), port: Number(match[3]) };
}

/** IPv4 inside IPv6 is IPv4. */
export function canonical(address: string): string {
  const lower = address.toLowerCase();
  return lower.startsWith("::ffff:") && lower.includes(".") ? lower.slice(7) : lower;
}

export function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}

export function scopeOf(address: string): AddressScope {
  if (address === "::" || address === "0.0.0.0") return "none";
  if (address === "::1" || address.startsWith("127.")) return "loopback";
  if (address.startsWith("169.254.") || /^fe[89ab][0-9a-f]:/i.test(address)) return "link-local";
  return "routable";
}

/** Whether two addresses of one family agree in their first `prefixLength` bits. */
export function isSameNetwork(a: string, b: string, prefixLength: number): boolean {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  for (let bit = 0; bit < prefixLength; bit += 8) {
    const mask = 0xff << Math.max(0, 8 - (prefixLength - bit));
    const index = bit / 8;
    if ((((left[index] ?? 0) ^ (right[index] ?? 0)) & mask & 0xff) !== 0) return false;
  }
  return true;
}

function bytesOf(address: string): readonly number[] | undefined {
  if (familyOf(address) === "ipv4") {
    const parts = address.split(".").map(Number);
    return parts.length === 4 && parts.every((part) => part <= 255) ? parts : undefined;
  }
  const [front = "", back] = (address.split("%", 1)[0] ?? "").split("::");
  const head = groupsOf(front);
  const tail = back === undefined ? [] : groupsOf(back);
  const missing = 8 - head.length - tail.length;
  if (missing < 0 || (back === undefined && missing > 0)) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
