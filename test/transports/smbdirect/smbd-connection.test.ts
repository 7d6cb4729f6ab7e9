import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  DataTransferFlags,
  readDataTransferHeader,
  writeDataTransferHeader,
} from "../../../src/transports/smbdirect/smbd-messages.ts";
import {
  DEFAULT_SETTINGS,
  type SmbdSettings,
} from "../../../src/transports/smbdirect/smbd-settings.ts";
import { bytesOf } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { negotiatedPair, type SmbdEnd, settle } from "../../support/smbd-link.ts";

const SMALL: SmbdSettings = { ...DEFAULT_SETTINGS, maxSendSize: 1024, maxReceiveSize: 1024 };
const MODERATE = 60_000;

function credits(count: number): SmbdSettings {
  return { ...SMALL, receiveCreditMax: count, sendCreditTarget: count };
}

const headerOf = (message: Uint8Array) =>
  readDataTransferHeader(new DataView(message.buffer, message.byteOffset), message.length);

/** A Data Transfer message as a peer would write it, with any field wrong. */
function dataTransfer(
  fields: Partial<Parameters<typeof writeDataTransferHeader>[1]>,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const message = new Uint8Array(24 + data.length);
  message.set(data, 24);
  writeDataTransferHeader(new DataView(message.buffer), {
    ...{ creditsRequested: 255, creditsGranted: 1, flags: 0, remainingDataLength: 0 },
    ...{ dataOffset: 24, dataLength: data.length, ...fields },
  });
  return message;
}

function pair(settings = SMALL): [SmbdEnd, SmbdEnd] {
  return negotiatedPair(settings, settings, new ManualClock());
}

/** Sends `messages` both ways and checks that they arrive whole and in order. */
function exchange([client, server]: readonly [SmbdEnd, SmbdEnd], sizes: readonly number[]): void {
  for (const [index, size] of sizes.entries()) {
    void client.connection.send([bytesOf(size, index)]);
    settle(client, server);
    void server.connection.send([bytesOf(size, index + 9)]);
    settle(client, server);
  }
  assert.deepEqual(
    server.inbox.map((bytes) => Buffer.from(bytes)),
    sizes.map((size, index) => Buffer.from(bytesOf(size, index))),
  );
  assert.deepEqual(
    client.inbox.map((bytes) => Buffer.from(bytes)),
    sizes.map((size, index) => Buffer.from(bytesOf(size, index + 9))),
  );
}

/** The names are those of the MS-SMBD test suite's cases. */
describe("SMB Direct data transfer ([MS-SMBD] 3.1.5.1, 3.1.5.8)", () => {
  it("BVT_SmbdDataTransfer_Basic_SendSmallBytesOfData", () => {
    const [client, server] = pair();
    void client.connection.send([bytesOf(100, 1)]);
    const [message] = client.outbox as [Uint8Array];
    const { creditsRequested, ...header } = headerOf(message);
    assert.ok(creditsRequested > 0);
    assert.deepEqual(header, {
      ...{ creditsGranted: 255, flags: 0, remainingDataLength: 0 },
      ...{ dataOffset: 24, dataLength: 100 },
    });
    settle(client, server);
    assert.deepEqual(server.inbox, [bytesOf(100, 1)]);
  });

  it("BVT_SmbdDataTransfer_Basic_SendModerateBytesData", () => {
    const [client, server] = pair();
    void client.connection.send([bytesOf(64, 1), bytesOf(MODERATE, 2), bytesOf(3, 3)]);
    const headers = client.outbox.map(headerOf);
    assert.equal(headers[0]?.dataLength, 1000);
    assert.equal(headers[0]?.remainingDataLength, MODERATE + 67 - 1000);
    assert.equal(headers.at(-1)?.remainingDataLength, 0);
    assert.ok(client.outbox.every((message) => message.length <= 1024));
    settle(client, server);
    const whole = Buffer.concat([bytesOf(64, 1), bytesOf(MODERATE, 2), bytesOf(3, 3)]);
    assert.ok(whole.equals(server.inbox[0] as Uint8Array));
  });

  it("SmbdDataTransfer_VariableLengthSegment", () => {
    const [client] = pair();
    const whole = bytesOf(500, 4);
    let at = 0;
    for (const length of [0, 128, 127, 0, 1, 0, 200, 44]) {
      const data = whole.subarray(at, at + length);
      at += length;
      client.take(dataTransfer({ remainingDataLength: whole.length - at }, data));
    }
    assert.deepEqual(client.faults, []);
    assert.deepEqual(client.inbox, [whole]);
  });

  it("SmbdDataTransfer_SmallLengthSegment", () => {
    const [client] = pair();
    const whole = bytesOf(5000, 5);
    for (let at = 0; at < whole.length; at += 1) {
      const remainingDataLength = whole.length - at - 1;
      client.take(dataTransfer({ remainingDataLength }, whole.subarray(at, at + 1)));
      client.connection.settle();
      client.outbox.length = 0;
    }
    assert.deepEqual(client.inbox, [whole]);
  });

  it("SmbdDataTransfer_Redundancy", () => {
    const [client] = pair();
    const message = new Uint8Array(1024).fill(0xaa);
    message.set(dataTransfer({}, bytesOf(10, 6)));
    client.take(message);
    assert.deepEqual(client.inbox, [bytesOf(10, 6)]);
  });

  it("SmbdDataTransfer_ReceiveMaxReceiveSize", () => {
    const [client, server] = pair();
    void client.connection.send([bytesOf(1000, 7)]);
    assert.equal(client.outbox[0]?.length, 1024);
    assert.equal(client.outbox.length, 1);
    settle(client, server);
    assert.deepEqual(server.inbox, [bytesOf(1000, 7)]);
  });

  it("grants between two fragments do not disturb the message", () => {
    const [client] = pair();
    client.take(dataTransfer({ remainingDataLength: 5 }, bytesOf(5, 1)));
    client.take(dataTransfer({ dataOffset: 0 }).subarray(0, 20));
    client.take(dataTransfer({}, bytesOf(10, 1).subarray(5)));
    assert.deepEqual(client.inbox, [bytesOf(10, 1)]);
  });

  const refusals: readonly [string, readonly Uint8Array[]][] = [
    ["SmbdDataTransfer_UncompletedMessage", [dataTransfer({}).subarray(0, 19)]],
    [
      "SmbdDataTransfer_NegativeParameter_DataOffset_Against8ByteAligned: 23",
      [dataTransfer({ dataOffset: 23 }, bytesOf(10, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_DataOffset_Against8ByteAligned: 25",
      [dataTransfer({ dataOffset: 25, dataLength: 9 }, bytesOf(10, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_DataOffset_AgainstMessageLength: 32",
      [dataTransfer({ dataOffset: 32 }, bytesOf(10, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_DataOffset_AgainstMessageLength: the largest",
      [dataTransfer({ dataOffset: 0xffff_fff8 }, bytesOf(10, 1))],
    ],
    ["DataOffset inside the header", [dataTransfer({ dataOffset: 8 }, bytesOf(30, 1))]],
    [
      "SmbdDataTransfer_NegativeParameter_DataLength_AgainstMessageLength: one more",
      [dataTransfer({ dataLength: 11 }, bytesOf(10, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_DataLength_AgainstMessageLength: the largest",
      [dataTransfer({ dataLength: 0xffff_ffff }, bytesOf(10, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_RemainingDataLength_AgainstMaxFragmentedSize",
      [dataTransfer({ remainingDataLength: 255_000 + 1 })],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_RemainingDataLength_AgainstMaxFragmentedSize: largest",
      [dataTransfer({ remainingDataLength: 0xffff_ffff })],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_AgainstMaxFragmentedSize",
      [dataTransfer({ remainingDataLength: 255_000 - 999 }, bytesOf(1000, 1))],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_RemainingDataLength_Zero",
      [
        dataTransfer({ remainingDataLength: 500 }, bytesOf(100, 1)),
        dataTransfer({ remainingDataLength: 0 }, bytesOf(100, 1)),
      ],
    ],
    [
      "SmbdDataTransfer_NegativeParameter_RemainingDataLength_AgainstFragmentReassemblyRemaining",
      [
        dataTransfer({ remainingDataLength: 500 }, bytesOf(100, 1)),
        dataTransfer({ remainingDataLength: 401 }, bytesOf(100, 1)),
      ],
    ],
    [
      "RemainingDataLength that shrinks by more than what came",
      [
        dataTransfer({ remainingDataLength: 500 }, bytesOf(100, 1)),
        dataTransfer({ remainingDataLength: 399 }, bytesOf(100, 1)),
      ],
    ],
    ["SmbdCreditMgmt_NegativeParameter_CreditRequested", [dataTransfer({ creditsRequested: 0 })]],
  ];
  for (const [name, messages] of refusals) {
    it(name, () => {
      const [client] = pair();
      for (const message of messages) client.take(message);
      assert.equal(client.faults.length, 1);
      assert.deepEqual(client.inbox, []);
      client.take(dataTransfer({}, bytesOf(1, 1)));
      assert.deepEqual(client.inbox, [], "nothing is taken after a fault");
    });
  }

  it("survives random messages: whole ones, refused ones, nothing else", () => {
    const field = fc.oneof(fc.nat({ max: 64 }), fc.constantFrom(0xffff_ffff, 254_000, 8, 24));
    const message = fc.record({
      ...{ creditsRequested: fc.nat({ max: 3 }), flags: fc.nat({ max: 3 }) },
      ...{ remainingDataLength: field, dataOffset: field, dataLength: field },
      data: fc.uint8Array({ maxLength: 100 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
        const [client] = pair();
        for (const { data, ...fields } of messages) client.take(dataTransfer(fields, data));
        client.connection.settle();
        assert.ok(client.faults.length <= 1);
        for (const { code } of client.faults as (Error & { code: string })[]) {
          assert.ok(code === "ERR_SMB_PROTOCOL" || code === "ERR_SMB_WIRE_FORMAT");
        }
      }),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe("SMB Direct credits ([MS-SMBD] 3.1.5.9)", () => {
  it("BVT_SmbdCreditMgmt_OperationWithMinimumCredits", () => {
    exchange(pair(credits(1)), [100, MODERATE, 1000, 1, MODERATE]);
  });

  it("SmbdCreditMgmt_OperationWithLimitedCredits", () => {
    exchange(pair(credits(10)), [100, MODERATE, 1000, 1, 120_000]);
  });

  it("SmbdCreditMgmt_ConsumeAllSendCredits: the receiver grants without being asked", () => {
    const [client, server] = pair(credits(10));
    void client.connection.send([bytesOf(MODERATE, 1)]);
    assert.equal(client.outbox.length, 10);
    client.deliver(server, 10);
    const [grant] = server.outbox as [Uint8Array];
    const { creditsGranted, creditsRequested, dataLength } = headerOf(grant);
    assert.equal(creditsGranted, 10);
    assert.ok(creditsRequested > 0);
    assert.equal(dataLength, 0);
  });

  it("SmbdCreditMgmt_ConsumeAllReceiveCredits: without credits nothing is sent", () => {
    const [client, server] = negotiatedPair(credits(10), credits(10), new ManualClock(), 300);
    void client.connection.send([bytesOf(MODERATE, 1)]);
    client.connection.pump();
    assert.equal(client.outbox.length, 10);
    client.take(dataTransfer({ creditsGranted: 3, dataOffset: 0 }).subarray(0, 20));
    client.connection.settle();
    assert.equal(client.outbox.length, 13);
    assert.deepEqual(server.inbox, []);
  });

  it("keeps the last send credit for a message that grants", () => {
    const [client] = pair(credits(2));
    client.take(dataTransfer({ creditsRequested: 2, creditsGranted: 0 }, bytesOf(1, 1)));
    client.connection.settle();
    client.outbox.length = 0;
    void client.connection.send([bytesOf(5000, 1)]);
    // The first answer granted what there was to grant: the second may still grant one more.
    const granted = client.outbox.map((message) => headerOf(message).creditsGranted);
    assert.ok(granted.every((count, index) => index < granted.length - 1 || count > 0));
  });

  it("SmbdCreditMgmt_ConsumeAllCreditServer_Timeout", () => {
    const clock = new ManualClock();
    const [client] = negotiatedPair(credits(10), credits(10), clock);
    const sent = client.connection.send([bytesOf(MODERATE, 1)]);
    clock.advance(4999);
    assert.deepEqual(client.faults, []);
    clock.advance(1);
    assert.match(String(client.faults[0]), /no credits to send with for 5 s/);
    return assert.rejects(sent, { code: "ERR_SMB_TRANSPORT_CLOSED" });
  });

  it("does not take a pause between two messages for a lack of credits", () => {
    const clock = new ManualClock();
    const [client, server] = negotiatedPair(credits(3), credits(3), clock);
    for (let turn = 0; turn < 20; turn += 1) {
      void client.connection.send([bytesOf(10_000, turn)]);
      settle(client, server);
      clock.advance(4000);
    }
    assert.deepEqual(client.faults, []);
    assert.equal(server.inbox.length, 20);
  });

  it("never answers credits with credits for ever, and never gets stuck", () => {
    const setting = fc.constantFrom(1, 2, 3, 4, 10, 255).map(credits);
    const step = fc.record({
      from: fc.constantFrom(0, 1),
      size: fc.constantFrom(1, 999, 1000, 1001, 30_000, 131_000),
      turns: fc.nat({ max: 8 }),
    });
    const buffers = fc.constantFrom(1, 2, 5, 300);
    fc.assert(
      fc.property(
        setting,
        setting,
        buffers,
        fc.array(step, { maxLength: 12 }),
        (a, b, n, steps) => {
          const ends = negotiatedPair(a, b, new ManualClock(), n);
          const sent: number[][] = [[], []];
          // A server speaks first only where the client has granted it something.
          void ends[0].connection.send([bytesOf(1, 0)]);
          sent[0]?.push(1);
          for (const { from, size, turns } of steps) {
            void ends[from]?.connection.send([bytesOf(size, sent[from]?.length ?? 0)]);
            sent[from]?.push(size);
            for (let turn = 0; turn < turns; turn += 1) {
              ends[turn % 2]?.deliver(ends[1 - (turn % 2)] as SmbdEnd, 1 + (turn % 3));
            }
          }
          settle(...ends);
          for (const [index, end] of ends.entries()) {
            const sizes = end.inbox.map(({ length }) => length);
            assert.deepEqual(sizes, sent[1 - index]);
            assert.deepEqual(end.faults, []);
          }
        },
      ),
      { numRuns: 400, seed: 20 },
    );
  });
});

describe("SMB Direct idle connections ([MS-SMBD] 3.1.2.2)", () => {
  const asks = (message: Uint8Array | undefined): boolean =>
    message !== undefined && (headerOf(message).flags & DataTransferFlags.RESPONSE_REQUESTED) !== 0;

  it("SmbdDataTransfer_IdleConnection_Client: answers who asks", () => {
    const [client, server] = pair();
    void client.connection.send([bytesOf(1, 1)]);
    settle(client, server);
    server.take(dataTransfer({ flags: 1, dataOffset: 0 }).subarray(0, 20));
    server.connection.settle();
    assert.equal(server.outbox.length, 1);
    assert.equal(asks(server.outbox[0]), false);
  });

  it("SmbdDataTransfer_IdleConnection_Server: asks after 120 s of silence, and goes on", () => {
    const clock = new ManualClock();
    const [client, server] = negotiatedPair(SMALL, SMALL, clock);
    void client.connection.send([bytesOf(1, 1)]);
    settle(client, server);
    for (let round = 0; round < 3; round += 1) {
      clock.advance(119_999);
      assert.equal(client.outbox.length, 0);
      clock.advance(1);
      assert.equal(asks(client.outbox[0]), true);
      settle(client, server);
      clock.advance(10_000);
      assert.deepEqual([...client.faults, ...server.faults], []);
      clock.advance(-10_000);
    }
  });

  it("SmbdDataTransfer_IdleConnection_Server_Timeout", () => {
    const clock = new ManualClock();
    const [client, server] = negotiatedPair(SMALL, SMALL, clock);
    void client.connection.send([bytesOf(1, 1)]);
    settle(client, server);
    clock.advance(120_000);
    clock.advance(4999);
    assert.deepEqual(client.faults, []);
    clock.advance(1);
    assert.match(String(client.faults[0]), /no sign of life 5 s after it was asked/);
    assert.equal(clock.pending, 0);
  });

  it("takes any message for a sign of life", () => {
    const clock = new ManualClock();
    const [client, server] = negotiatedPair(SMALL, SMALL, clock);
    for (let turn = 0; turn < 10; turn += 1) {
      void client.connection.send([bytesOf(1, 1)]);
      void server.connection.send([bytesOf(1, 1)]);
      settle(client, server);
      clock.advance(60_000);
    }
    assert.deepEqual(client.faults, []);
    assert.equal(server.inbox.length, 10);
  });
});
