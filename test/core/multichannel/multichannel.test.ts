import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbClient } from "../../../src/core/client.ts";
import { TransportError } from "../../../src/core/errors.ts";
import {
  encodeNetworkInterfaceInfo,
  NetworkInterfaceCapability,
} from "../../../src/core/fscc/network-interface-info.ts";
import type { MultichannelOptions } from "../../../src/core/multichannel/options.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command, Dialect, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import type { Transport, TransportFactory } from "../../../src/core/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { FakeServer, type FakeServerOptions } from "../../support/fake-server.ts";
import { CREATED } from "../../support/fake-session.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

const MIB = 1024 * 1024;
const { RSS, RDMA } = NetworkInterfaceCapability;
const MULTICHANNEL_CAPABLE = 0x0c;

const IB0 = {
  name: "ib0",
  index: 3,
  family: "ipv4",
  address: "10.1.0.9",
  prefixLength: 24,
  isLoopback: false,
  linkSpeed: 1e11,
  isRssCapable: true,
  rdmaDevice: "mlx5_0",
} as const;

/** An address whose dials wait, and how many do. */
interface Stuck {
  dials: number;
  readonly until: Promise<void>;
}

type Entry = Parameters<typeof encodeNetworkInterfaceInfo>[0][number];

function at(address: readonly number[], more: Partial<Entry> = {}): Entry {
  const info = { interfaceIndex: 2, capability: RSS, linkSpeed: 1e10, scopeId: 0, ...more };
  return { ...info, address: Uint8Array.from(address) };
}

/** A wire to the fake server that has addresses, as a real one has. */
function addressed(
  factory: TransportFactory,
  refuses: ReadonlySet<string>,
  stuck: Map<string, Stuck>,
  kind: "tcp" | "smbdirect" = "tcp",
  more: Partial<Transport> = {},
): TransportFactory {
  return {
    kind,
    defaultPort: 445,
    unavailable: () => undefined,
    async dial(target, options) {
      const address = target.address ?? "10.0.0.5";
      if (refuses.has(address)) throw new TransportError(`${address} is not there`);
      const hold = stuck.get(address);
      if (hold !== undefined) {
        hold.dials += 1;
        await hold.until;
      }
      const wire = await factory.dial(target, options);
      const remoteAddress = `${address}:${target.port ?? 445}`;
      return new Proxy(wire, {
        get(real, name) {
          if (name === "kind") return kind;
          if (name === "remoteAddress") return remoteAddress;
          if (name in more) return more[name as keyof Transport];
          const value = Reflect.get(real, name, real) as unknown;
          return typeof value === "function" ? value.bind(real) : value;
        },
      }) as Transport;
    },
  };
}

/** A client of a fake server with interfaces. */
async function rig(
  interfaces: readonly Entry[],
  options: Partial<MultichannelOptions> = {},
  more: {
    readonly refuses?: readonly string[];
    readonly hasRdma?: boolean;
    readonly server?: FakeServerOptions;
    readonly tcp?: Partial<Transport>;
    readonly direct?: Partial<Transport>;
    readonly protection?: "off";
  } = {},
) {
  const clock = new ManualClock();
  const refuses = new Set(more.refuses);
  const server = new FakeServer({
    capabilities: MULTICHANNEL_CAPABLE,
    credits: 64,
    ...more.server,
  });
  const stuck = new Map<string, Stuck>();
  const transports = [addressed(server.factory(), refuses, stuck, "tcp", more.tcp)];
  if (more.hasRdma === true)
    transports.push(addressed(server.factory(), refuses, stuck, "smbdirect", more.direct));
  server.on(Command.CREATE, ({ reply }) => reply({ body: CREATED }));
  const client = await SmbClient.connect(
    { host: "server" },
    {
      transports,
      order: [{ kind: "tcp" }],
      credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      multichannel: { connections: "auto", ...options },
      protection: more.protection,
      clock,
    },
  );
  const tree = await client.connectTree("share");
  const file = await tree.openFile("f", { access: 1 });
  server.on(Command.IOCTL, ({ reply, header }) => {
    assert.ok((header.flags & HeaderFlags.SIGNED) !== 0, "asked under the session's signature");
    reply({ body: ioctl(encodeNetworkInterfaceInfo(interfaces)) });
  });
  server.on(Command.READ, ({ reply, body }) => {
    const { length } = body as { length: number };
    reply({ body: { data: new Uint8Array(length), dataRemaining: 0, flags: 0 } });
  });
  return { server, client, file, clock, refuses, stuck };
}

function ioctl(output: Uint8Array) {
  const fileId = new Uint8Array(16).fill(0xff);
  return { ctlCode: 0x1401fc, fileId, input: new Uint8Array(0), output, flags: 0 };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
}

/** Lets this process work until something has come about; a module may have to be loaded for it. */
async function until(hasHappened: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!hasHappened()) {
    assert.ok(performance.now() < deadlineMs, `never: ${hasHappened}`);
    await new Promise(setImmediate);
  }
}

describe("multichannel", () => {
  it("costs a small job nothing: it begins when 4 MiB were moved, and nobody waits for it", async () => {
    const { server, client, file } = await rig([at([10, 0, 0, 5])]);
    await file.read(new Uint8Array(MIB), 0);
    await settle();
    assert.equal(server.connectionCount, 1);
    assert.equal(server.requestsOf(Command.IOCTL).length, 0);
    for (let piece = 0; piece < 4; piece += 1) await file.read(new Uint8Array(MIB), 0);
    await until(() => client.session.channels.length === 4);
    assert.equal(client.session.channels.length, 4);
    assert.deepEqual(
      client.multichannel?.plan?.verdicts.map(({ connections }) => connections),
      [4],
    );
  });

  it("begins at once where a number was asked for", async () => {
    const { client } = await rig([at([10, 0, 0, 5])], { connections: 3 });
    await client.openChannels();
    assert.equal(client.session.channels.length, 3);
  });

  it("takes another address of an interface whose first one is not there", async () => {
    const interfaces = [
      at([10, 0, 0, 5], { capability: 0, linkSpeed: 1e9 }),
      at([10, 0, 1, 5], { interfaceIndex: 3 }),
      at([10, 0, 2, 5], { interfaceIndex: 3 }),
    ];
    const { client } = await rig(interfaces, {}, { refuses: ["10.0.1.5"] });
    await client.openChannels();
    const reports = await client.channels();
    assert.deepEqual(
      reports.map(({ serverEndpoint, state }) => `${serverEndpoint} ${state}`),
      ["10.0.0.5:445 standby", ...Array(4).fill("10.0.2.5:445 active")],
    );
    const failed = client.multichannel?.plan?.verdicts.find(
      ({ address }) => address === "10.0.1.5",
    );
    assert.match(failed?.reason ?? "", /could not be reached: 10\.0\.1\.5 is not there/);
  });

  it("moves the data to RDMA, and keeps TCP idle until RDMA is gone", async () => {
    const interfaces = [
      at([10, 0, 0, 5]),
      at([10, 1, 0, 5], { interfaceIndex: 3, capability: RSS | RDMA }),
    ];
    const options = { localInterfaces: async () => [IB0] };
    const { server, client, file, refuses } = await rig(interfaces, options, { hasRdma: true });
    await client.openChannels();
    const reports = await client.channels();
    assert.deepEqual(
      reports.map(({ transport, state, clientRdmaCapable }) => [
        transport,
        state,
        clientRdmaCapable,
      ]),
      [
        ["tcp", "standby", undefined],
        ["smbdirect", "active", true],
        ["smbdirect", "active", true],
      ],
    );
    await Promise.all([0, 1].map(() => file.read(new Uint8Array(MIB), 0)));
    const over = server.requestsOf(Command.READ).map(({ connection }) => connection);
    assert.deepEqual(over.sort(), [1, 2]);
    refuses.add("10.1.0.5");
    await server.disconnect(1);
    await server.disconnect(2);
    assert.equal(await file.read(new Uint8Array(MIB), 0), MIB);
    assert.equal(server.requestsOf(Command.READ).at(-1)?.connection, 0);
    const left = (await client.channels()).map(({ transport, state }) => [transport, state]);
    assert.deepEqual(left, [["tcp", "active"]]);
  });

  it("moves no more at once than what the fallback could carry", async () => {
    const interfaces = [
      at([10, 0, 0, 5]),
      at([10, 1, 0, 5], { interfaceIndex: 3, capability: RSS | RDMA }),
    ];
    const lend = () => Promise.reject(new TransportError("not in this test"));
    const direct = {
      rdma: { maxReadWriteSize: 8 * MIB, pieceSize: 4 * MIB, lend, tryLend: () => undefined },
    };
    const server = { credits: 512, maxReadSize: 8 * MIB };
    for (const [maxMessageSize, size] of [
      [16 * MIB, 4 * MIB],
      [2 * MIB + 1024, 2 * MIB],
    ] as const) {
      const options = { localInterfaces: async () => [IB0] };
      const more = {
        hasRdma: true,
        direct,
        server,
        tcp: { maxMessageSize },
        protection: "off",
      } as const;
      const { client, file } = await rig(interfaces, options, more);
      assert.equal(file.tree.chunkSize, MIB);
      await client.openChannels();
      assert.equal(file.tree.chunkSize, size);
    }
  });

  it("keeps to TCP where the wires were named and SMB Direct was not", async () => {
    const interfaces = [at([10, 0, 0, 5], { capability: RSS | RDMA })];
    const { client } = await rig(interfaces, { allowedWires: ["tcp"] }, { hasRdma: true });
    await client.openChannels();
    assert.deepEqual(
      [...new Set((await client.channels()).map(({ transport }) => transport))],
      ["tcp"],
    );
    assert.match(client.multichannel?.plan?.verdicts[0]?.reason ?? "", /not among the transports/);
  });

  it("replaces what was lost, and asks again every ten minutes", async () => {
    const { server, client, clock } = await rig([at([10, 0, 0, 5])]);
    await client.openChannels();
    await server.disconnect(2);
    await settle();
    assert.equal(client.session.channels.length, 3);
    clock.advance(1000);
    await until(() => client.session.channels.length === 4);
    assert.equal(client.session.channels.length, 4);
    assert.equal(server.requestsOf(Command.IOCTL).length, 2);
    await settle();
    clock.advance(600_000);
    await until(() => server.requestsOf(Command.IOCTL).length === 3);
    assert.equal(server.requestsOf(Command.IOCTL).length, 3);
    assert.equal(client.session.channels.length, 4);
    await client.close();
    clock.advance(600_000);
    await settle();
    assert.equal(server.requestsOf(Command.IOCTL).length, 3);
  });

  it("replaces what was lost while other connections were being opened, too", async () => {
    const { server, client, clock, stuck } = await rig([
      at([10, 0, 0, 5]),
      at([10, 0, 1, 5], { interfaceIndex: 3 }),
    ]);
    let answer = (): void => {};
    const slow: Stuck = {
      dials: 0,
      until: new Promise((resolve) => {
        answer = resolve;
      }),
    };
    stuck.set("10.0.1.5", slow);
    const opening = client.openChannels();
    await until(() => client.session.channels.length === 4 && slow.dials === 4);
    await server.disconnect(3);
    await until(() => client.session.channels.length === 3);
    answer();
    await opening;
    assert.equal(client.session.channels.length, 7);
    clock.advance(1000);
    await until(() => client.session.channels.length === 8);
  });

  it("does not pester a server that ends further connections", async () => {
    const { server, client, clock } = await rig([at([10, 0, 0, 5])], { connections: 2 });
    await client.openChannels();
    let opened = 2;
    for (const waitMs of [1000, 2000, 4000]) {
      await server.disconnect();
      await until(() => client.session.channels.length === 1);
      clock.advance(waitMs - 1);
      await settle();
      assert.equal(server.connectionCount, opened);
      clock.advance(1);
      opened += 1;
      await until(() => client.session.channels.length === 2);
      assert.equal(server.connectionCount, opened);
      await settle();
    }
  });

  it("is not held up by a wire that never connects and heeds no signal", async () => {
    const { client, file, clock, stuck } = await rig([at([10, 0, 0, 5])]);
    const never: Stuck = { dials: 0, until: new Promise(() => {}) };
    stuck.set("10.0.0.5", never);
    const opening = client.openChannels();
    await until(() => never.dials === 3);
    await settle();
    clock.advance(5000);
    await opening;
    assert.equal(client.session.channels.length, 1);
    assert.equal(await file.read(new Uint8Array(MIB), 0), MIB);
  });

  it("says nothing about the user to another server", async () => {
    const { server, client } = await rig([at([10, 0, 0, 5])], { connections: "auto" });
    server.serverGuid.fill(0x77);
    await client.openChannels();
    assert.equal(client.session.channels.length, 1);
    const setups = server.requestsOf(Command.SESSION_SETUP);
    assert.ok(setups.every(({ connection }) => connection === 0));
  });

  it("does no harm where the server does not tell its interfaces", async () => {
    const { server, client, file } = await rig([]);
    server.on(Command.IOCTL, ({ reply }) => reply({ status: NtStatus.INVALID_DEVICE_REQUEST }));
    await client.openChannels();
    assert.match(client.multichannel?.failure ?? "", /does not tell its interfaces/);
    assert.equal(await file.read(new Uint8Array(MIB), 0), MIB);
  });

  it("does no harm where the server is silent about a further connection", async () => {
    const { server, client, file, clock } = await rig([at([10, 0, 0, 5])]);
    const negotiate = server.requestsOf(Command.NEGOTIATE).length;
    server.on(Command.NEGOTIATE, () => {});
    const opening = client.openChannels();
    await until(() => server.requestsOf(Command.NEGOTIATE).length === negotiate + 3);
    assert.equal(server.requestsOf(Command.NEGOTIATE).length, negotiate + 3);
    assert.equal(await file.read(new Uint8Array(MIB), 0), MIB);
    clock.advance(5000);
    await opening;
    assert.equal(client.session.channels.length, 1);
    assert.equal(await file.read(new Uint8Array(MIB), 0), MIB);
  });

  const impossible: readonly [string, FakeServerOptions, RegExp][] = [
    ["an old dialect", { dialect: Dialect.SMB_2_1 }, /SMB 2\.1 knows only one/],
    ["a server without it", { capabilities: 4 }, /does not offer it/],
  ];
  for (const [what, server, reason] of impossible) {
    it(`says why there is one connection: ${what}`, async () => {
      const { client, server: made } = await rig([at([10, 0, 0, 5])], {}, { server });
      await client.openChannels();
      assert.match(client.multichannel?.impossible ?? "", reason);
      assert.equal(made.connectionCount, 1);
    });
  }
});
