import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RdmaListener } from "rdma-verbs-napi";
import { testProvider } from "rdma-verbs-napi/test-provider";
import { systemClock } from "../../../src/core/clock.ts";
import type { Transport } from "../../../src/core/transport.ts";
import { acceptSmbDirect } from "../../../src/transports/smbdirect/establish.ts";
import {
  DEFAULT_SETTINGS,
  type SmbdSettings,
} from "../../../src/transports/smbdirect/smbd-settings.ts";
import { smbDirectTransport } from "../../../src/transports/smbdirect/smbdirect-transport.ts";
import { type Connect, describeTransport } from "../../compliance/transport.ts";
import { FakeVerbs } from "../../support/fake-verbs.ts";
import { buffersFor, listenFake } from "../../support/smbd-listener.ts";

const FEW: SmbdSettings = { ...DEFAULT_SETTINGS, receiveCreditMax: 2, sendCreditTarget: 2 };

describe("over SMB Direct", () => {
  describeTransport("smbdirect, in this process", overFake(DEFAULT_SETTINGS));
  describeTransport("smbdirect with two credits, in this process", overFake(FEW));
});

function overFake(settings: SmbdSettings): Connect {
  return async (signal) => {
    const verbs = new FakeVerbs();
    const accepted = new Promise<Transport>((resolve) => listenFake(verbs, resolve, { settings }));
    const factory = smbDirectTransport({ verbs, settings });
    const client = await factory.dial({ host: "127.0.0.1" }, { signal });
    return [client, await accepted];
  };
}

describe("over SMB Direct between two queue pairs of the test provider", {
  skip: testProvider.unavailable() ?? false,
}, () => {
  const arrived: Transport[] = [];
  const waiting: ((wire: Transport) => void)[] = [];
  let listener: RdmaListener;

  before(async () => {
    listener = await testProvider.listen({ address: "127.0.0.1", port: 0 }, (request) => {
      const options = { settings: DEFAULT_SETTINGS, clock: systemClock, endpoint: "client" };
      request
        .accept(buffersFor(DEFAULT_SETTINGS))
        .then((connection) => acceptSmbDirect(connection, options))
        .then(
          (wire) => {
            const waiter = waiting.shift();
            if (waiter === undefined) arrived.push(wire);
            else waiter(wire);
          },
          () => undefined,
        );
    });
  });
  after(() => listener.close());

  it("tells where its own end is", async () => {
    const { port } = listener;
    const factory = smbDirectTransport({ verbs: testProvider });
    const { signal } = new AbortController();
    await using client = await factory.dial({ host: "127.0.0.1", port }, { signal });
    const server = arrived.shift() ?? (await new Promise<Transport>((got) => waiting.push(got)));
    assert.match(client.localAddress ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
    assert.equal(server.localAddress, client.remoteAddress);
    await server.close();
  });

  describeTransport("smbdirect", async (signal) => {
    const { port } = listener;
    const factory = smbDirectTransport({ verbs: testProvider });
    const client = await factory.dial({ host: "127.0.0.1", port }, { signal });
    const server = arrived.shift() ?? (await new Promise<Transport>((got) => waiting.push(got)));
    return [client, server];
  });
});
