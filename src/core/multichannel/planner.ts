import {
  NetworkInterfaceCapability,
  type NetworkInterfaceInfo,
} from "../fscc/network-interface-info.ts";
import type { LocalInterface } from "../local-interface.ts";
import type { TransportKind } from "../transport.ts";
import { familyOf, isSameNetwork, scopeOf } from "./addresses.ts";
import type {
  ChannelPlan,
  InterfaceClass,
  InterfaceVerdict,
  PlannedRoute,
} from "./channel-plan.ts";
import { share } from "./share.ts";

/** What is known when connections are planned. */
export interface PlanInput {
  /** The first connection; its address as the system names it. */
  readonly first: {
    readonly kind: TransportKind;
    readonly address: string;
    readonly port: number | undefined;
  };
  /** What the server says of itself. */
  readonly server: readonly NetworkInterfaceInfo[];
  /** This machine; undefined where nothing is known. */
  readonly local: readonly LocalInterface[] | undefined;
  readonly connections: "auto" | number;
  readonly maxConnections: number;
  /** Why SMB Direct cannot be used; undefined where it can. */
  readonly rdmaUnavailable: string | undefined;
  /** Addresses that were tried in vain, and what came of it. */
  readonly failed: FailedAddresses;
}

/** By whether it was tried by RDMA or otherwise: where the one fails the other may do. */
export interface FailedAddresses {
  readonly rdma: ReadonlyMap<string, string>;
  readonly other: ReadonlyMap<string, string>;
}

/** Connections for each interface of a class, as Windows has them. */
const CONNECTIONS: Readonly<Record<InterfaceClass, number>> = { rdma: 2, rss: 4, plain: 1 };
const RANKS: Readonly<Record<InterfaceClass, number>> = { rdma: 3, rss: 2, plain: 1 };
const CLASS_NAMES: Readonly<Record<InterfaceClass, string>> = {
  rdma: "RDMA",
  rss: "RSS",
  plain: "plain",
};
/** A server that does not know its speed has at least that. */
const UNKNOWN_SPEED = 1_000_000_000;
/** To an address that the server does not know to be its own, where the interfaces have no queues. */
const UNLISTED_CONNECTIONS = 2;

/** An address that can be reached, as far as one can tell without trying. */
interface Candidate {
  readonly info: NetworkInterfaceInfo;
  readonly local: LocalInterface | undefined;
  readonly kind: InterfaceClass;
  readonly speed: number;
  /** Why it is not in a better class. */
  readonly note: string;
}

/**
 * Chooses the server's interfaces to connect to ([MS-SMB2] 3.2.5.14.11 leaves that to us). As Windows
 * does: RDMA, then RSS, then the rest, and of the best class the fastest; only interfaces of one class
 * and speed are used together. A pure function: it tries nothing.
 */
export function planChannels(input: PlanInput): ChannelPlan {
  const skipped: InterfaceVerdict[] = [];
  const isListed = input.server.some(({ address }) => address === input.first.address);
  if (!isListed && input.server.length > 0) return planUnlisted(input);
  const candidates: Candidate[] = [];
  for (const info of input.server) {
    const local = localFor(info.address, input.local);
    const reason = reasonToSkip(info, input);
    if (reason === undefined) candidates.push(classify(info, local, input));
    else skipped.push(verdict({ info, local }, 0, reason));
  }
  const { chosen, others } = oneAddressEach(candidates, input.first.address);
  const best = chosen.toSorted(byRank)[0];
  if (best === undefined) return { routes: [], verdicts: [...skipped, ...others] };
  const used = chosen.filter((each) => byRank(each, best) === 0);
  const unused = chosen.filter((each) => byRank(each, best) !== 0);
  return {
    routes: routesTo(used, input),
    verdicts: [
      ...used.map((each, index) => {
        const connections = countsFor(used, input)[index] ?? 0;
        return verdict(
          each,
          connections,
          connections === 0 ? "the limit is reached" : usedBecause(each),
        );
      }),
      ...unused.map((each) => verdict(each, 0, lessThan(each, best))),
      ...others,
      ...skipped,
    ],
  };
}

function reasonToSkip(
  { address, family }: NetworkInterfaceInfo,
  { first, local, failed }: PlanInput,
): string | undefined {
  const failure = failed.other.get(address);
  if (failure !== undefined) return `could not be reached: ${failure}`;
  if (address === first.address) return undefined;
  const scope = scopeOf(address);
  if (scope === "none") return "no address";
  if (scope === "loopback" && scopeOf(first.address) !== "loopback")
    return "a loopback address leads to this machine, not to the server";
  if (scope === "link-local") return "a link-local address without the zone that belongs to it";
  const hasFamily = local?.some(
    (each) => each.family === family && scopeOf(each.address) !== "link-local",
  );
  return hasFamily === false ? `this machine has no ${nameOf(family)} address` : undefined;
}

function nameOf(family: "ipv4" | "ipv6"): string {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

/** The interface of ours that has the address itself, or one in its network. */
function localFor(
  address: string,
  local: readonly LocalInterface[] | undefined,
): LocalInterface | undefined {
  const own = local?.find((each) => each.address === address);
  if (own !== undefined) return own;
  return local?.find(
    (each) =>
      each.family === familyOf(address) && isSameNetwork(each.address, address, each.prefixLength),
  );
}

function classify(
  info: NetworkInterfaceInfo,
  local: LocalInterface | undefined,
  input: PlanInput,
): Candidate {
  const known = [info.linkSpeed, local?.linkSpeed ?? 0].filter((speed) => speed > 0);
  const speed = known.length === 0 ? UNKNOWN_SPEED : Math.min(...known);
  const noRdma = reasonAgainstRdma(info, local, input);
  if (noRdma === "") return { info, local, kind: "rdma", speed, note: "" };
  const isRss = (info.capability & NetworkInterfaceCapability.RSS) !== 0;
  const kind = isRss && local?.isRssCapable !== false ? "rss" : "plain";
  const noRss = isRss && kind === "plain" ? `${local?.name} has one queue, so no RSS` : undefined;
  const note = [noRdma, noRss].filter((part) => part !== undefined).join("; ");
  return { info, local, kind, speed, note };
}

/** "" where RDMA can be used, undefined where the server does not offer it. */
function reasonAgainstRdma(
  { capability, family, address }: NetworkInterfaceInfo,
  local: LocalInterface | undefined,
  input: PlanInput,
): string | undefined {
  if ((capability & NetworkInterfaceCapability.RDMA) === 0) return undefined;
  const { rdmaUnavailable, failed } = input;
  if (rdmaUnavailable !== undefined) return `no RDMA: ${rdmaUnavailable}`;
  const failure = failed.rdma.get(address);
  if (failure !== undefined) return `no RDMA: it could not be reached: ${failure}`;
  const hasDevice =
    local === undefined
      ? input.local?.some((each) => each.family === family && each.rdmaDevice !== undefined)
      : local.rdmaDevice !== undefined;
  if (hasDevice === true) return "";
  return local === undefined
    ? "no RDMA: this machine has no RDMA device"
    : `no RDMA: ${local.name} has no RDMA device`;
}

/** Several addresses of an interface are still one interface ([MS-SMB2] 3.3.5.15.11). */
function oneAddressEach(
  candidates: readonly Candidate[],
  connected: string,
): { readonly chosen: readonly Candidate[]; readonly others: readonly InterfaceVerdict[] } {
  const groups = new Map<number, Candidate[]>();
  for (const each of candidates) {
    const { interfaceIndex } = each.info;
    groups.set(interfaceIndex, [...(groups.get(interfaceIndex) ?? []), each]);
  }
  const chosen: Candidate[] = [];
  const others: InterfaceVerdict[] = [];
  for (const group of groups.values()) {
    const [first, ...rest] = group.toSorted(
      (a, b) => fitness(b, connected) - fitness(a, connected),
    );
    if (first === undefined) continue;
    chosen.push(first);
    const reason = `another address of the interface that ${first.info.address} belongs to`;
    others.push(...rest.map((each) => verdict(each, 0, reason)));
  }
  return { chosen, others };
}

/** The address we are connected to, then one in a network of ours, then one of the same family. */
function fitness({ info, local, kind }: Candidate, connected: string): number {
  return (
    RANKS[kind] * 8 +
    (info.address === connected ? 4 : 0) +
    (local === undefined ? 0 : 2) +
    (info.family === familyOf(connected) ? 1 : 0)
  );
}

function byRank(a: Candidate, b: Candidate): number {
  return RANKS[b.kind] - RANKS[a.kind] || b.speed - a.speed;
}

/** The first connection leads to one of them. */
function isAmong(used: readonly Candidate[], input: PlanInput): boolean {
  const { kind, address } = input.first;
  return used.some((each) => each.info.address === address && wireOf(each.kind, input) === kind);
}

function countsFor(used: readonly Candidate[], input: PlanInput): readonly number[] {
  const limit = Math.max(1, input.maxConnections - (isAmong(used, input) ? 0 : 1));
  const wanted = used.map(({ kind }) => CONNECTIONS[kind]);
  if (input.connections === "auto") return share(limit, wanted);
  const total = Math.min(limit, input.connections);
  return share(
    total,
    wanted.map(() => total),
  );
}

function routesTo(used: readonly Candidate[], input: PlanInput): PlannedRoute[] {
  const counts = countsFor(used, input);
  const routes = used.flatMap(({ info, kind }, index): PlannedRoute[] => {
    const connections = counts[index] ?? 0;
    const wire = wireOf(kind, input);
    // A port that is not the usual one was asked for, and holds for all connections of that wire.
    const port = wire === input.first.kind ? input.first.port : undefined;
    if (connections === 0) return [];
    return [{ kind: wire, address: info.address, port, connections, isStandby: false }];
  });
  // The first connection stays open, idle, for the time when the better ones are gone.
  if (!isAmong(used, input)) routes.push({ ...input.first, connections: 1, isStandby: true });
  return routes;
}

function wireOf(kind: InterfaceClass, { first }: PlanInput): TransportKind {
  if (kind === "rdma") return "smbdirect";
  return first.kind === "smbdirect" ? "tcp" : first.kind;
}

/**
 * The address that was connected to is none that the server knows: an address translation lies in
 * between, and the addresses of its list may be those of other machines here.
 */
function planUnlisted(input: PlanInput): ChannelPlan {
  const { first, server, connections, maxConnections } = input;
  const hasQueues = server.some(
    ({ capability }) => (capability & NetworkInterfaceCapability.RSS) !== 0,
  );
  const suggested = hasQueues ? CONNECTIONS.rss : UNLISTED_CONNECTIONS;
  const wanted = Math.min(connections === "auto" ? suggested : connections, maxConnections);
  const reason = `${first.address} is not among the server's addresses: only that one is used`;
  return {
    routes: [{ ...first, connections: wanted, isStandby: false }],
    verdicts: server.map((info) => verdict({ info, local: undefined }, 0, reason)),
  };
}

function verdict(
  { info, local }: Pick<Candidate, "info" | "local">,
  connections: number,
  reason: string,
): InterfaceVerdict {
  const { interfaceIndex, address, linkSpeed, capability } = info;
  return {
    interfaceIndex,
    address,
    linkSpeed,
    isRssCapable: (capability & NetworkInterfaceCapability.RSS) !== 0,
    isRdmaCapable: (capability & NetworkInterfaceCapability.RDMA) !== 0,
    local,
    connections,
    reason,
  };
}

function usedBecause({ kind, note }: Candidate): string {
  const why = `${CLASS_NAMES[kind]} is the best class in reach`;
  return note === "" ? why : `${why} (${note})`;
}

function lessThan({ kind, speed, note }: Candidate, best: Candidate): string {
  const because = note === "" ? "" : ` (${note})`;
  if (kind === best.kind) return `slower than ${best.info.address}${because}`;
  const although = speed > best.speed ? ", although this one is faster" : "";
  return `${CLASS_NAMES[best.kind]} interfaces come before ${CLASS_NAMES[kind]} ones${although}${because}`;
}
