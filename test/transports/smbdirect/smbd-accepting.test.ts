import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testProvider } from "rdma-verbs-napi/test-provider";
import { systemClock } from "../../../src/core/clock.ts";
import type { Transport } from "../../../src/core/transport.ts";
import { acceptSmbDirect, connectSmbDirect } from "../../../src/transports/smbdirect/establish.ts";
import { encodeNegotiateRequest } from "../../../src/transports/smbdirect/smbd-messages.ts";
import { negotiateRequest } from "../../../src/transports/smbdirect/smbd-negotiation.ts";
import { DEFAULT_SETTINGS } from "../../../src/transports/smbdirect/smbd-settings.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { bytesOf, turns } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { type FakeQueuePair, FakeVerbs } from "../../support/fake-verbs.ts";
import { buffersFor } from "../../support/smbd-listener.ts";

const NEGOTIATE = encodeNegotiateRequest(negotiateRequest(DEFAULT_SETTINGS));

interface Attempt {
  readonly clock: ManualClock;
  readonly client: FakeQueuePair;
  readonly accepted: Promise<Transport>;
  /** The client's end is gone. */
  readonly ended: Promise<void>;
}

/** A queue pair with nobody behind it, and the accepting side that waits for its first message. */
async function attempt(): Promise<Attempt> {
  const verbs = new FakeVerbs();
  const clock = new ManualClock();
  const accepted = new Promise<Transport>((resolve, reject) => {
    verbs.listen(445, (accept) => {
      const options = { settings: DEFAULT_SETTINGS, clock, endpoint: "client" };
      acceptSmbDirect(accept(buffersFor(DEFAULT_SETTINGS)), options).then(resolve, reject);
    });
  });
  accepted.catch(() => undefined);
  const place = { address: "127.0.0.1", port: 445 };
  const client: FakeQueuePair = await verbs.connect({ ...place, ...buffersFor(DEFAULT_SETTINGS) });
  const ended = new Promise<void>((resolve) => {
    client.start({ completions: () => undefined, closed: () => resolve() });
  });
  return { clock, client, accepted, ended };
}

function send(client: FakeQueuePair, bytes: Uint8Array): void {
  client.sendBuffers.slot(0).set(bytes);
  client.postSend(0, 0, bytes.length);
  client.submit();
}

describe("SMB Direct, the accepting side and its time", () => {
  it("SmbdNegotiate_NegotiationTimer: four seconds of silence are no reason to leave", async () => {
    const { clock, client, accepted } = await attempt();
    await turns(5);
    clock.advance(4000);
    send(client, NEGOTIATE);
    const wire = await accepted;
    assert.equal(wire.kind, "smbdirect");
    await wire.close();
  });

  it("SmbdNegotiate_NegotiationTimer_Timeout: after five it leaves", async () => {
    const { clock, accepted, ended } = await attempt();
    await turns(5);
    clock.advance(DEFAULT_SETTINGS.negotiateMs);
    await assert.rejects(accepted, /within 5 s/);
    await ended;
  });
});

describe("SMB Direct between two queue pairs of the test provider", {
  skip: testProvider.unavailable() ?? false,
}, () => {
  const options = { settings: DEFAULT_SETTINGS, clock: systemClock, endpoint: "peer" };

  /** Connects and negotiates; `size` is the sender's own idea of the longest message. */
  async function pair(size: number = DEFAULT_SETTINGS.maxSendSize) {
    const wires: Promise<Transport>[] = [];
    await using listener = await testProvider.listen(
      { address: "127.0.0.1", port: 0 },
      (request) => {
        const accepting = request.accept(buffersFor(DEFAULT_SETTINGS));
        wires.push(accepting.then((connection) => acceptSmbDirect(connection, options)));
      },
    );
    const { address, port } = listener;
    const buffers = buffersFor(DEFAULT_SETTINGS);
    const sendBuffers = { ...buffers.sendBuffers, size };
    const raw = await testProvider.connect({ address, port, ...buffers, sendBuffers });
    const client = await connectSmbDirect(raw, options);
    const [server] = wires;
    assert.ok(server !== undefined);
    return { raw, client, server: await server };
  }

  it("SmbdNegotiate_DisconnectAfterNegotiate: the next one is as welcome", async () => {
    for (let round = 0; round < 3; round += 1) {
      const { client, server } = await pair();
      const atServer = new Recorder();
      server.start(atServer);
      if (round < 2) {
        await client.close();
        assert.equal(await atServer.whenClosed, undefined);
        continue;
      }
      client.start(new Recorder());
      await client.send([bytesOf(100, 1)]);
      assert.deepEqual((await atServer.next()).slice(), bytesOf(100, 1));
      await client.close();
    }
  });

  it("SmbdDataTransfer_NegativeParameter_DataLength_AgainstMaxReceiveSize: the device refuses it", async () => {
    const { maxReceiveSize } = DEFAULT_SETTINGS;
    const { raw, client, server } = await pair(maxReceiveSize + 1);
    const [atClient, atServer] = [new Recorder(), new Recorder()];
    server.start(atServer);
    client.start(atClient);
    raw.postSend(7, 7, maxReceiveSize + 1);
    raw.submit();
    assert.ok((await atServer.whenClosed) instanceof Error);
    assert.ok((await atClient.whenClosed) instanceof Error);
    assert.equal(atServer.messageCount, 0);
  });
});
