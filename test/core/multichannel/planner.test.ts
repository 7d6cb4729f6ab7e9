import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NetworkInterfaceInfo } from "../../../src/core/fscc/network-interface-info.ts";
import type { LocalInterface } from "../../../src/core/local-interface.ts";
import { familyOf } from "../../../src/core/multichannel/addresses.ts";
import { type PlanInput, planChannels } from "../../../src/core/multichannel/planner.ts";

const G = 1_000_000_000;
const RSS = 1;
const RDMA = 2;

/** An address of the server: interface, speed in Gbit/s, capability. */
function on(
  interfaceIndex: number,
  address: string,
  gigabits: number,
  capability = 0,
): NetworkInterfaceInfo {
  const family = familyOf(address);
  return { interfaceIndex, capability, linkSpeed: gigabits * G, family, address, scopeId: 0 };
}

/** An address of this machine: `10.0.0.9/24`. */
function here(
  name: string,
  network: string,
  more: Partial<Pick<LocalInterface, "linkSpeed" | "isRssCapable" | "rdmaDevice">> = {},
): LocalInterface {
  const [address = "", length] = network.split("/");
  return {
    name,
    index: 1,
    family: familyOf(address),
    address,
    prefixLength: Number(length),
    isLoopback: name === "lo",
    linkSpeed: 10 * G,
    isRssCapable: true,
    rdmaDevice: undefined,
    ...more,
  };
}

interface Row {
  readonly title: string;
  readonly server: readonly NetworkInterfaceInfo[];
  readonly input?: Partial<Omit<PlanInput, "server" | "first">>;
  readonly first?: Partial<PlanInput["first"]>;
  /** `wire address[:port] xCOUNT`. */
  readonly routes: readonly string[];
  /** Reasons by address. */
  readonly reasons?: Readonly<Record<string, RegExp>>;
}

const MLX = here("ib0", "10.1.0.9/24", { rdmaDevice: "mlx5_0" });

const NONE: PlanInput["failed"] = { rdma: new Map(), other: new Map() };

const rows: readonly Row[] = [
  {
    title: "one connection for a plain interface",
    server: [on(2, "10.0.0.5", 1)],
    routes: ["tcp 10.0.0.5 x1"],
  },
  {
    title: "four for one with several queues",
    server: [on(2, "10.0.0.5", 10, RSS)],
    routes: ["tcp 10.0.0.5 x4"],
  },
  {
    title: "not four where our side has one queue",
    server: [on(2, "10.0.0.5", 10, RSS)],
    input: { local: [here("eth0", "10.0.0.9/24", { isRssCapable: false })] },
    routes: ["tcp 10.0.0.5 x1"],
    reasons: { "10.0.0.5": /eth0 has one queue/ },
  },
  {
    title: "several of one class and speed together",
    server: [on(2, "10.0.0.5", 10, RSS), on(3, "10.0.1.5", 10, RSS)],
    routes: ["tcp 10.0.0.5 x4", "tcp 10.0.1.5 x4"],
  },
  {
    title: "only the fastest of a class",
    server: [on(2, "10.0.0.5", 1), on(3, "10.0.1.5", 10)],
    routes: ["tcp 10.0.1.5 x1", "tcp 10.0.0.5 x1 standby"],
    reasons: { "10.0.0.5": /slower than 10\.0\.1\.5/ },
  },
  {
    title: "RSS before the rest, though slower, and says so",
    server: [on(2, "10.0.0.5", 1, RSS), on(3, "10.0.1.5", 10)],
    routes: ["tcp 10.0.0.5 x4"],
    reasons: { "10.0.1.5": /RSS interfaces come before plain ones, although this one is faster/ },
  },
  {
    title: "RDMA before RSS, with two connections",
    server: [on(2, "10.0.0.5", 10, RSS), on(3, "10.1.0.5", 100, RDMA | RSS)],
    input: { rdmaUnavailable: undefined, local: [here("eth0", "10.0.0.9/24"), MLX] },
    routes: ["smbdirect 10.1.0.5 x2", "tcp 10.0.0.5 x1 standby"],
    reasons: { "10.0.0.5": /RDMA interfaces come before RSS ones/ },
  },
  {
    title: "no RDMA without the wire, and says why",
    server: [on(2, "10.0.0.5", 10), on(3, "10.1.0.5", 10, RDMA)],
    input: { local: [here("eth0", "10.0.0.9/24"), MLX], rdmaUnavailable: "not built" },
    routes: ["tcp 10.0.0.5 x1", "tcp 10.1.0.5 x1"],
    reasons: { "10.1.0.5": /no RDMA: not built/ },
  },
  {
    title: "no RDMA without a device on our side",
    server: [on(3, "10.1.0.5", 10, RDMA | RSS)],
    input: { local: [here("eth1", "10.1.0.9/24")], rdmaUnavailable: undefined },
    first: { address: "10.1.0.5" },
    routes: ["tcp 10.1.0.5 x4"],
    reasons: { "10.1.0.5": /no RDMA: eth1 has no RDMA device/ },
  },
  {
    title: "RDMA through a router where there is a device at all",
    server: [on(3, "10.7.0.5", 10, RDMA), on(2, "10.0.0.5", 10)],
    input: { local: [here("eth0", "10.0.0.9/24"), MLX], rdmaUnavailable: undefined },
    routes: ["smbdirect 10.7.0.5 x2", "tcp 10.0.0.5 x1 standby"],
  },
  {
    title: "an unknown speed counts as 1 Gbit/s",
    server: [on(2, "10.0.0.5", 0), on(3, "10.0.1.5", 1), on(4, "10.0.2.5", 0.1)],
    routes: ["tcp 10.0.0.5 x1", "tcp 10.0.1.5 x1"],
    reasons: { "10.0.2.5": /slower/ },
  },
  {
    title: "our side may be the slower one",
    server: [on(2, "10.0.0.5", 10), on(3, "10.0.1.5", 10)],
    input: {
      local: [here("eth0", "10.0.0.9/24", { linkSpeed: G }), here("eth1", "10.0.1.9/24")],
    },
    routes: ["tcp 10.0.1.5 x1", "tcp 10.0.0.5 x1 standby"],
  },
  {
    title: "one address of each interface: the connected one",
    server: [on(2, "fd00::5", 10, RSS), on(2, "10.0.0.5", 10, RSS), on(2, "10.0.0.6", 10, RSS)],
    routes: ["tcp 10.0.0.5 x4"],
    reasons: { "fd00::5": /another address/, "10.0.0.6": /another address/ },
  },
  {
    title: "one address of each interface: the one in a network of ours",
    server: [on(2, "10.0.0.5", 10), on(3, "192.168.7.5", 10), on(3, "10.0.1.5", 10)],
    input: { local: [here("eth0", "10.0.0.9/24"), here("eth1", "10.0.1.9/24")] },
    routes: ["tcp 10.0.0.5 x1", "tcp 10.0.1.5 x1"],
  },
  {
    title: "no link-local, loopback or empty address, and no family that we lack",
    server: [
      on(2, "10.0.0.5", 10),
      on(3, "fe80::5", 10),
      on(4, "169.254.3.4", 10),
      on(5, "127.0.0.1", 10),
      on(6, "0.0.0.0", 10),
      on(7, "fd00::5", 10),
    ],
    input: { local: [here("eth0", "10.0.0.9/24"), here("eth0", "fe80::9/64")] },
    routes: ["tcp 10.0.0.5 x1"],
    reasons: {
      "fe80::5": /zone/,
      "169.254.3.4": /zone/,
      "127.0.0.1": /leads to this machine/,
      "0.0.0.0": /no address/,
      "fd00::5": /no IPv6 address/,
    },
  },
  {
    title: "loopback where the server is this machine",
    server: [on(1, "127.0.0.1", 1), on(1, "::1", 1)],
    first: { address: "127.0.0.1" },
    input: { connections: 4 },
    routes: ["tcp 127.0.0.1 x4"],
  },
  {
    title:
      "behind an address translation more of the same, and no address that may be a stranger's",
    server: [on(2, "172.17.0.2", 10, RSS)],
    first: { address: "203.0.113.9", port: 4450 },
    routes: ["tcp 203.0.113.9:4450 x4"],
    reasons: { "172.17.0.2": /203\.0\.113\.9 is not among the server's addresses/ },
  },
  {
    title: "two behind an address translation where there are no queues",
    server: [on(2, "172.17.0.2", 10)],
    first: { address: "203.0.113.9" },
    routes: ["tcp 203.0.113.9 x2"],
  },
  {
    title: "a port of its own on all connections of the wire",
    server: [on(2, "10.0.0.5", 10, RSS)],
    first: { port: 4450 },
    routes: ["tcp 10.0.0.5:4450 x4"],
  },
  {
    title: "SMB Direct at its own port",
    server: [on(3, "10.1.0.5", 100, RDMA), on(2, "10.0.0.5", 1)],
    first: { port: 4450 },
    input: { rdmaUnavailable: undefined, local: [MLX, here("eth0", "10.0.0.9/24")] },
    routes: ["smbdirect 10.1.0.5 x2", "tcp 10.0.0.5:4450 x1 standby"],
  },
  {
    title: "as many as asked for, in turns",
    server: [on(2, "10.0.0.5", 10), on(3, "10.0.1.5", 10)],
    input: { connections: 5 },
    routes: ["tcp 10.0.0.5 x3", "tcp 10.0.1.5 x2"],
  },
  {
    title: "never more than the limit",
    server: [on(2, "10.0.0.5", 10, RSS), on(3, "10.0.1.5", 10, RSS)],
    input: { maxConnections: 3 },
    routes: ["tcp 10.0.0.5 x2", "tcp 10.0.1.5 x1"],
  },
  {
    title: "thirty-two of forty",
    server: Array.from({ length: 10 }, (_, n) => on(n + 2, `10.0.${n}.5`, 10, RSS)),
    routes: Array.from({ length: 10 }, (_, n) => `tcp 10.0.${n}.5 x${n < 2 ? 4 : 3}`),
  },
  {
    title: "one less for the first connection that leads elsewhere",
    server: [on(2, "10.0.0.5", 1), on(3, "10.0.1.5", 10, RSS)],
    input: { maxConnections: 3 },
    routes: ["tcp 10.0.1.5 x2", "tcp 10.0.0.5 x1 standby"],
  },
  {
    title: "nothing that was tried in vain",
    server: [on(2, "10.0.0.5", 1), on(3, "10.0.1.5", 10, RSS), on(3, "10.0.2.5", 10, RSS)],
    input: { failed: { ...NONE, other: new Map([["10.0.1.5", "no answer"]]) } },
    routes: ["tcp 10.0.2.5 x4", "tcp 10.0.0.5 x1 standby"],
    reasons: { "10.0.1.5": /could not be reached: no answer/ },
  },
  {
    title: "TCP where RDMA was tried in vain",
    server: [on(2, "10.0.0.5", 10, RSS | RDMA), on(3, "10.1.0.5", 10, RSS | RDMA)],
    input: {
      local: [here("eth0", "10.0.0.9/24", { rdmaDevice: "rxe0" }), MLX],
      rdmaUnavailable: undefined,
      failed: {
        ...NONE,
        rdma: new Map(["10.0.0.5", "10.1.0.5"].map((address) => [address, "no memory"])),
      },
    },
    routes: ["tcp 10.0.0.5 x4", "tcp 10.1.0.5 x4"],
    reasons: { "10.1.0.5": /no RDMA: it could not be reached: no memory/ },
  },
  { title: "nothing where the server tells nothing", server: [], routes: [] },
];

describe("planChannels", () => {
  for (const { title, server, input, first, routes, reasons = {} } of rows) {
    it(title, () => {
      const plan = planChannels({
        first: { kind: "tcp", address: "10.0.0.5", port: undefined, ...first },
        server,
        local: undefined,
        connections: "auto",
        maxConnections: 32,
        rdmaUnavailable: "no device",
        failed: NONE,
        ...input,
      });
      const told = plan.routes.map(
        ({ kind, address, port, connections, isStandby }) =>
          `${kind} ${address}${port === undefined ? "" : `:${port}`} x${connections}${isStandby ? " standby" : ""}`,
      );
      assert.deepEqual(told, routes);
      assert.equal(plan.verdicts.length, server.length, "every address gets a verdict");
      for (const [address, reason] of Object.entries(reasons)) {
        assert.match(plan.verdicts.find((each) => each.address === address)?.reason ?? "", reason);
      }
    });
  }
});
