import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DialFailure, type TransportClosedError } from "../../../src/core/errors.ts";
import type { Transport } from "../../../src/core/transport.ts";
import {
  encodeNegotiateResponse,
  type NegotiateResponse,
  writeDataTransferHeader,
} from "../../../src/transports/smbdirect/smbd-messages.ts";
import { DEFAULT_SETTINGS } from "../../../src/transports/smbdirect/smbd-settings.ts";
import { smbDirectTransport } from "../../../src/transports/smbdirect/smbdirect-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { bytesOf, turns } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { type FakeQueuePair, FakeVerbs } from "../../support/fake-verbs.ts";
import { buffersFor, listenFake } from "../../support/smbd-listener.ts";

const signal = new AbortController().signal;
const RESPONSE: NegotiateResponse = {
  ...{ minVersion: 0x0100, maxVersion: 0x0100, negotiatedVersion: 0x0100 },
  ...{ creditsRequested: 10, creditsGranted: 10, status: 0, maxReadWriteSize: 1 << 20 },
  ...{ preferredSendSize: 1024, maxReceiveSize: 1024, maxFragmentedSize: 131_072 },
};

/** A peer that answers the negotiation with any bytes, or not at all. */
function answering(verbs: FakeVerbs, response?: Uint8Array): FakeQueuePair[] {
  const peers: FakeQueuePair[] = [];
  verbs.listen(445, (accept) => {
    const peer = accept(buffersFor(DEFAULT_SETTINGS));
    peers.push(peer);
    peer.start({
      completions: () => {
        if (response === undefined) return;
        peer.sendBuffers.slot(0).set(response);
        peer.postSend(0, 0, response.length);
        peer.submit();
      },
      closed: () => undefined,
    });
  });
  return peers;
}

async function pairOf(
  verbs: FakeVerbs,
): Promise<{ client: Transport; server: Transport; theirs: FakeQueuePair }> {
  let settle: (pair: [Transport, FakeQueuePair]) => void = () => undefined;
  const accepted = new Promise<[Transport, FakeQueuePair]>((resolve) => {
    settle = resolve;
  });
  listenFake(verbs, (wire, queuePair) => settle([wire, queuePair]));
  const client = await smbDirectTransport({ verbs }).dial({ host: "127.0.0.1" }, { signal });
  const [server, theirs] = await accepted;
  return { client, server, theirs };
}

describe("SMB Direct ports", () => {
  const dialled = async (device: "roce" | "iwarp", listening: number, port?: number) => {
    const verbs = new FakeVerbs({ transport: device });
    listenFake(verbs, () => undefined, { port: listening });
    const target = { host: "127.0.0.1", ...(port === undefined ? {} : { port }) };
    const result = await smbDirectTransport({ verbs })
      .dial(target, { signal })
      .then(
        (wire) => wire.remoteAddress,
        (error: Error) => error.message,
      );
    return [result, verbs.dialled] as const;
  };

  it("are 445 first over InfiniBand and RoCE, then 5445", async () => {
    assert.deepEqual(await dialled("roce", 445), ["127.0.0.1:445", ["127.0.0.1:445"]]);
    assert.deepEqual(await dialled("roce", 5445), [
      "127.0.0.1:5445",
      ["127.0.0.1:445", "127.0.0.1:5445"],
    ]);
  });

  it("are 5445 first over iWARP, where 445 is TCP's, then 445", async () => {
    assert.deepEqual(await dialled("iwarp", 5445), ["127.0.0.1:5445", ["127.0.0.1:5445"]]);
    assert.deepEqual(await dialled("iwarp", 445), [
      "127.0.0.1:445",
      ["127.0.0.1:5445", "127.0.0.1:445"],
    ]);
  });

  it("are what the user says, and nothing else", async () => {
    assert.deepEqual(await dialled("roce", 9445, 9445), ["127.0.0.1:9445", ["127.0.0.1:9445"]]);
    const [message, ports] = await dialled("roce", 445, 9445);
    assert.match(message, /127.0.0.1:9445: RDMA connection refused, nothing listens there/);
    assert.deepEqual(ports, ["127.0.0.1:9445"]);
  });

  it("are both told where nobody listens on either", async () => {
    const [message] = await dialled("roce", 9445);
    assert.match(message, /nothing listens there, on the ports 445 and 5445/);
  });
});

describe("SMB Direct, dialled", () => {
  it("makes do with little memory that may be locked", async () => {
    const verbs = new FakeVerbs();
    verbs.lockLimit = 1024 * 1024;
    const { client, server } = await pairOf(verbs);
    assert.equal(verbs.clients[0]?.receiveBuffers.size, 1364);
    assert.notEqual(client.rdma, undefined);
    await Promise.all([client.close(), server.close()]);
  });

  it("asks again at once for an address that was just not known yet", async () => {
    const verbs = new FakeVerbs();
    verbs.unresolved = 2;
    const { client, server } = await pairOf(verbs);
    assert.deepEqual(verbs.resolveTimeouts, [250, 1000, 5000]);
    await Promise.all([client.close(), server.close()]);
    const lost = new FakeVerbs();
    lost.unresolved = 100;
    const dialling = smbDirectTransport({ verbs: lost }).dial({ host: "127.0.0.1" }, { signal });
    await assert.rejects(dialling, /no RDMA device leads there/);
    assert.deepEqual(lost.resolveTimeouts, [250, 1000, 5000], "another port does not help");
  });

  it("goes without direct placement where no memory is left for it", async () => {
    const verbs = new FakeVerbs();
    verbs.lockLimit = 2 * 256 * 1364 + 1000;
    const { client, server } = await pairOf(verbs);
    assert.equal(client.rdma, undefined);
    await Promise.all([client.close(), server.close()]);
  });

  it("gives up on a peer that does not negotiate within 5 s", async () => {
    const clock = new ManualClock();
    const verbs = new FakeVerbs();
    answering(verbs);
    const target = { host: "127.0.0.1", port: 9445 };
    const silent = new FakeVerbs();
    silent.listen(9445, (accept) => void accept(buffersFor(DEFAULT_SETTINGS)));
    const dialling = smbDirectTransport({ verbs: silent, clock }).dial(target, { signal });
    await turns(20);
    clock.advance(5000);
    await assert.rejects(dialling, (error: DialFailure) => {
      assert.ok(error instanceof DialFailure);
      assert.equal(error.reason, "timeout");
      assert.match(error.message, /no answer to the SMB Direct negotiation within 5 s/);
      return true;
    });
  });

  it("honours an abort while it negotiates", async () => {
    const verbs = new FakeVerbs();
    const [reason, abort] = [new Error("enough"), new AbortController()];
    verbs.listen(445, (accept) => void accept(buffersFor(DEFAULT_SETTINGS)));
    const dialling = smbDirectTransport({ verbs }).dial(
      { host: "127.0.0.1" },
      { signal: abort.signal },
    );
    await turns(20);
    abort.abort(reason);
    await assert.rejects(dialling, reason);
  });

  for (const [what, response, words] of [
    ["another version", { ...RESPONSE, negotiatedVersion: 0x0200 }, /NegotiatedVersion is 0x200/],
    ["a refusal", { ...RESPONSE, status: 0xc000_00bb }, /does not speak version 1.0/],
    ["no credits", { ...RESPONSE, creditsGranted: 0 }, /CreditsGranted is 0/],
  ] as const) {
    it(`refuses a peer that answers with ${what}`, async () => {
      const verbs = new FakeVerbs();
      answering(verbs, encodeNegotiateResponse(response));
      const target = { host: "127.0.0.1", port: 445 };
      await assert.rejects(smbDirectTransport({ verbs }).dial(target, { signal }), words);
    });
  }

  it("refuses a peer whose answer is too short", async () => {
    const verbs = new FakeVerbs();
    answering(verbs, encodeNegotiateResponse(RESPONSE).subarray(0, 31));
    await assert.rejects(
      smbDirectTransport({ verbs }).dial({ host: "127.0.0.1" }, { signal }),
      /bytes needed/,
    );
  });
});

describe("SMB Direct, broken", () => {
  it("says which rule the peer broke", async () => {
    const verbs = new FakeVerbs();
    const { client, theirs } = await pairOf(verbs);
    const atClient = new Recorder();
    client.start(atClient);
    theirs.sendBuffers.slot(9).fill(0, 0, 20);
    theirs.postSend(9, 9, 20);
    theirs.submit();
    const error = await atClient.whenClosed;
    assert.match(
      error?.message ?? "",
      /127.0.0.1:445 broke a rule of SMB Direct: CreditsRequested/,
    );
    await assert.rejects(client.send([bytesOf(1, 1)]), { code: "ERR_SMB_TRANSPORT_CLOSED" });
  });

  it("tells that the link is down, once, and ends what was to be sent", async () => {
    const verbs = new FakeVerbs();
    const { client } = await pairOf(verbs);
    const atClient = new Recorder();
    client.start(atClient);
    await client.send([bytesOf(300_000, 1)]);
    const sending = client.send([bytesOf(300_000, 1)]);
    verbs.clients[0]?.fail("the peer does not answer");
    const error = (await atClient.whenClosed) as TransportClosedError;
    assert.equal(error.reason, "reset");
    assert.match(error.message, /^The connection to 127.0.0.1:445 broke: a work request failed/);
    await assert.rejects(sending, { code: "ERR_SMB_TRANSPORT_CLOSED" });
    await turns(5);
    assert.equal(atClient.closures.length, 1);
  });

  it("tells why the device takes no more work", async () => {
    const verbs = new FakeVerbs();
    const { client } = await pairOf(verbs);
    const atClient = new Recorder();
    client.start(atClient);
    const [queuePair] = verbs.clients as [FakeQueuePair];
    queuePair.refusal = Object.assign(new Error("The queue is full"), { kind: "queue-full" });
    void client.send([bytesOf(1, 1)]).catch(() => undefined);
    const error = await atClient.whenClosed;
    assert.match(error?.message ?? "", /127.0.0.1:445 broke: the queue is full/);
  });

  it("tells that the peer left in the middle of a message", async () => {
    const verbs = new FakeVerbs();
    const { client, theirs } = await pairOf(verbs);
    const atClient = new Recorder();
    client.start(atClient);
    const { buffer, byteOffset } = theirs.sendBuffers.slot(9);
    const header = { creditsRequested: 1, creditsGranted: 0, flags: 0, remainingDataLength: 50 };
    const view = new DataView(buffer, byteOffset);
    writeDataTransferHeader(view, { ...header, dataOffset: 24, dataLength: 10 });
    theirs.postSend(9, 9, 34);
    theirs.submit();
    await turns(5);
    await theirs.close();
    const error = await atClient.whenClosed;
    assert.match(error?.message ?? "", /closed the connection in the middle of a message/);
  });
});
