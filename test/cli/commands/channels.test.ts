import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smbclientPersonality } from "../../../src/cli/personality.ts";
import {
  channelJson,
  formatChannels,
  formatSpeed,
  formatVerdicts,
} from "../../../src/cli/render/channels.ts";
import type {
  ChannelReport,
  InterfaceVerdict,
  MultichannelState,
} from "../../../src/core/index.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree } from "../../support/fake-tree.ts";

const CHANNEL: ChannelReport = {
  transport: "tcp",
  state: "standby",
  clientEndpoint: "192.0.2.9:50000",
  serverEndpoint: "192.0.2.5:445",
  clientInterface: { index: 2, name: "eth0" },
  serverInterfaceIndex: 3,
  linkSpeed: 1e10,
  clientRssCapable: true,
  clientRdmaCapable: false,
  serverRssCapable: true,
  serverRdmaCapable: true,
  bytesSent: 5 * 1024 * 1024,
  bytesReceived: 900,
  placedBytesSent: 0,
  placedBytesReceived: 0,
  bytesPerSecond: 110 * 1024 * 1024,
};

const VERDICT: InterfaceVerdict = {
  interfaceIndex: 3,
  address: "192.0.2.5",
  linkSpeed: 1e10,
  isRssCapable: true,
  isRdmaCapable: true,
  local: undefined,
  connections: 4,
  reason: "RSS is the best class in reach (no RDMA: eth0 has no RDMA device)",
};

describe("channels", () => {
  it("shows a line for each connection and each interface", async () => {
    const { state, io, client } = fakeShell(new FakeTree());
    const plan = {
      routes: [],
      verdicts: [VERDICT, { ...VERDICT, connections: 0, reason: "slower" }],
    };
    Object.assign(client, {
      channels: async () => [CHANNEL],
      multichannel: { impossible: undefined, failure: undefined, plan, local: [] },
    });
    await state.run("channels");
    for (const line of io.stdout.split("\n")) assert.ok(line.length <= 80, line);
    const [headings, others, row, rest, ...verdicts] = io.stdout.split("\n");
    assert.match(headings ?? "", /^State +Wire +Client +Server +Interfaces +Speed +RSS$/);
    assert.match(others ?? "", /^ {2}RDMA +Sent +Received +Rate$/);
    assert.match(
      row ?? "",
      /^standby +tcp +192\.0\.2\.9:50000 +192\.0\.2\.5:445 +eth0 - 3 +10 Gbit\/s +yes$/,
    );
    assert.match(rest ?? "", /^ {2}server +5\.0 MiB +900 B +110 MiB\/s$/);
    assert.deepEqual(verdicts, [
      "interface 3 192.0.2.5 10 Gbit/s RDMA RSS: 4 connections, RSS is the best class",
      "  in reach (no RDMA: eth0 has no RDMA device)",
      "interface 3 192.0.2.5 10 Gbit/s RDMA RSS: not used, slower",
      "",
    ]);
  });

  it("takes one line a connection where there is room", () => {
    assert.match(
      formatChannels([CHANNEL], 200),
      /^State +Wire +Client +Server +Interfaces +Speed +RSS +RDMA +Sent +Received +Rate\nstandby .* 110 MiB\/s\n$/,
    );
  });

  it("does not exist under the name smbclient", async () => {
    const { state, io } = fakeShell(new FakeTree(), { personality: smbclientPersonality });
    await state.run("channels");
    assert.match(io.stdout + io.stderr, /channels: command not found/);
    await state.run("help");
    assert.doesNotMatch(io.stdout, /^.* channels/m);
  });

  it("says so where something is not known", () => {
    const unknown = {
      ...CHANNEL,
      clientEndpoint: undefined,
      clientInterface: undefined,
      serverInterfaceIndex: undefined,
      linkSpeed: undefined,
      clientRssCapable: undefined,
      clientRdmaCapable: undefined,
      bytesPerSecond: 0,
    };
    assert.match(
      formatChannels([unknown], 200),
      /tcp +- +192\.0\.2\.5:445 +\? - \? +\? +\? +\? .* -\n$/,
    );
  });

  const nothing: MultichannelState = {
    impossible: undefined,
    failure: undefined,
    plan: undefined,
    isOpening: false,
    local: [],
  };
  const states: readonly [MultichannelState | undefined, RegExp][] = [
    [undefined, /off/],
    [nothing, /until a transfer makes more of them worth it/],
    [{ ...nothing, isOpening: true }, /^multichannel: more connections are being opened\n$/],
    [{ ...nothing, impossible: "not over quic" }, /one connection, not over quic/],
    [{ ...nothing, failure: "the server is silent" }, /one connection, the server is silent/],
    [{ ...nothing, plan: { routes: [], verdicts: [] } }, /names no interface/],
  ];
  for (const [state, text] of states) {
    it(`explains one connection: ${text.source}`, () => {
      assert.match(formatVerdicts(state, 200), text);
    });
  }

  it("tells as JSON what of the bytes went by RDMA", () => {
    const direct = { ...CHANNEL, placedBytesSent: 1 << 20, placedBytesReceived: 7 };
    const { clientEndpoint, serverEndpoint } = direct;
    assert.deepEqual(channelJson(direct), {
      ...{ state: "standby", transport: "tcp", client: clientEndpoint, peer: serverEndpoint },
      ...{ clientInterface: "eth0", clientInterfaceIndex: 2, serverInterfaceIndex: 3 },
      ...{ linkSpeed: 1e10, clientRss: true, clientRdma: false, serverRss: true, serverRdma: true },
      ...{ sent: 5 << 20, received: 900, placedSent: 1 << 20, placedReceived: 7 },
      bytesPerSecond: 110 << 20,
    });
  });

  it("names speeds", () => {
    const speeds = [0, 1e8, 1e9, 2.5e9, 1e11].map(formatSpeed);
    assert.deepEqual(speeds, ["?", "100 Mbit/s", "1 Gbit/s", "2.5 Gbit/s", "100 Gbit/s"]);
  });
});
