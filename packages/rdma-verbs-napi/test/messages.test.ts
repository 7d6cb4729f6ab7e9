import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  Access,
  COMPLETION_WORDS,
  CompletionField,
  CompletionStatus,
  Opcode,
  type RdmaConnection,
  RdmaError,
  WorkFlag,
} from "../lib/index.ts";
import { testProvider } from "../lib/test-provider.ts";
import { BUFFERS, Collector, connectPair, fill } from "./support.ts";

const skip = testProvider.unavailable() ?? false;

describe("messages over the test provider", { skip }, () => {
  it("arrive whole and in order, and are answered in order", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    const atClient = new Collector(client);
    const atServer = new Collector(server);
    for (let id = 0; id < 5; id += 1) {
      client.sendBuffers.slot(id).fill(id + 65);
      client.postSend(1000 + id, id, 10 + id);
    }
    assert.equal(client.outstanding, 5);
    client.submit();
    await atClient.until(5);
    await atServer.until(5);
    const ids = atClient.ended.map(({ id }) => id);
    assert.deepEqual(ids, [1000, 1001, 1002, 1003, 1004]);
    assert.equal(client.outstanding, 0);
    atServer.ended.forEach((ended, index) => {
      assert.deepEqual(ended, {
        ...{ id: index, opcode: Opcode.RECEIVE, status: 0, bytes: 10 + index },
        invalidated: undefined,
      });
      const bytes = server.receiveBuffers.slot(index).subarray(0, ended.bytes);
      assert.deepEqual(bytes, new Uint8Array(10 + index).fill(index + 65));
    });
    assert.equal(server.statistics().bytesReceived, 10 + 11 + 12 + 13 + 14);
    assert.equal(client.statistics().bytesSent, 60);
  });

  it("are gathered from ranges, and may be empty", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    const atServer = new Collector(server);
    new Collector(client);
    const region = client.domain.register(fill(new Uint8Array(1000)), Access.NONE);
    client.postSendRanges(1, [
      { region, offset: 100, length: 3 },
      { region, offset: 500, length: 4 },
    ]);
    client.postSendRanges(2, []);
    client.submit();
    await atServer.until(2);
    const expected = [...region.memory.subarray(100, 103), ...region.memory.subarray(500, 504)];
    assert.deepEqual([...server.receiveBuffers.slot(0).subarray(0, 7)], expected);
    assert.deepEqual(
      atServer.ended.map(({ bytes }) => bytes),
      [7, 0],
    );
    region.close();
  });

  it("go through slots that are posted again", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    const total = 5000;
    let received = 0;
    let sent = 0;
    const send = (slot: number): void => {
      numberOf(client.sendBuffers.slot(slot)).setUint32(0, sent);
      client.postSend(slot, slot, 200);
      sent += 1;
    };
    await new Promise<void>((resolve, reject) => {
      server.start({
        completions(count, records) {
          for (const slot of receivedSlots(count, records)) {
            const found = numberOf(server.receiveBuffers.slot(slot)).getUint32(0);
            if (found !== received) reject(new Error(`${found} instead of ${received}`));
            received += 1;
            server.postReceive(slot);
            // One message each way, so that there is never more to receive than was posted.
            server.postSend(0, slot, 1);
          }
          // In the end the peer is leaving already.
          if (received === total) resolve();
          else server.submit();
        },
        closed: (error) => reject(error),
      });
      client.start({
        completions(count, records) {
          for (const slot of receivedSlots(count, records)) {
            client.postReceive(slot);
            if (sent < total) send(sent % 8);
          }
          if (received < total) client.submit();
        },
        closed: (error) => reject(error),
      });
      for (let slot = 0; slot < 8; slot += 1) send(slot);
      client.submit();
    });
    assert.equal(received, 5000);
    assert.ok(server.statistics().batches < server.statistics().completions);
  });

  it("longer than the receive end both sides", async () => {
    const { client, server } = await connectPair({
      connect: { sendBuffers: { size: 300, count: 1 } },
    });
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    client.postSend(7, 0, 257);
    client.submit();
    const [here, there] = await Promise.all([atClient.closed, atServer.closed]);
    assert.equal(atClient.ended[0]?.status, CompletionStatus.REMOTE_INVALID_REQUEST);
    assert.equal(here?.status, CompletionStatus.REMOTE_INVALID_REQUEST);
    assert.equal(atServer.ended[0]?.status, CompletionStatus.LOCAL_LENGTH_ERROR);
    assert.equal(there?.status, CompletionStatus.LOCAL_LENGTH_ERROR);
    assert.match(String(there?.message), /longer than its buffer/);
    // Everything else that was posted was flushed.
    const flushed = atServer.ended.slice(1);
    assert.ok(flushed.every(({ status }) => status === CompletionStatus.FLUSHED));
    assert.equal(flushed.length, 7);
    assert.throws(() => submitOne(client), isKind("closed"));
  });

  it("without a posted receive end the sender where it does not try again", async () => {
    const { client, server } = await connectPair({
      accept: { receiveBuffers: { size: 16, count: 1 } },
    });
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    client.postSend(1, 0, 4);
    client.postSend(2, 1, 4);
    client.postSend(3, 2, 4);
    client.submit();
    const error = await atClient.closed;
    assert.equal(error?.status, CompletionStatus.RNR_RETRIES_EXCEEDED);
    assert.deepEqual(
      atClient.ended.slice(0, 3).map(({ id, status }) => [id, status]),
      [
        [1, 0],
        [2, CompletionStatus.RNR_RETRIES_EXCEEDED],
        [3, CompletionStatus.FLUSHED],
      ],
    );
    assert.equal(await atServer.closed, undefined);
    assert.equal(atServer.ended[0]?.bytes, 4);
  });

  it("without a posted receive wait where the sender tries again", async () => {
    await using pair = await connectPair({
      connect: { rnrRetryCount: 7 },
      accept: { receiveBuffers: { size: 16, count: 1 } },
    });
    const { client, server } = pair;
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    client.postSend(1, 0, 4);
    client.postSend(2, 1, 5);
    client.submit();
    await atClient.until(1);
    await atServer.until(1);
    server.postReceive(0);
    server.submit();
    await atClient.until(2);
    const received = await atServer.until(2);
    assert.equal(received[1]?.bytes, 5);
  });

  it("that are unsignaled end with the next one that is not", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    client.postSend(1, 0, 4, WorkFlag.UNSIGNALED);
    client.postSend(2, 1, 4);
    client.submit();
    await atServer.until(2);
    await atClient.until(1);
    assert.deepEqual(
      atClient.ended.map(({ id }) => id),
      [2],
    );
    assert.equal(client.outstanding, 0);
  });

  it("beyond the queue are refused together", async () => {
    await using pair = await connectPair({ connect: { sendQueueDepth: 4 } });
    const { client, server } = pair;
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    for (let id = 0; id < 5; id += 1) client.postSend(id, id, 1);
    assert.throws(() => client.submit(), isKind("queue-full"));
    assert.equal(client.outstanding, 0);
    for (let id = 0; id < 4; id += 1) client.postSend(id, id, 1);
    client.submit();
    await atClient.until(4);
    await atServer.until(4);
    assert.equal(atServer.ended.length, 4);
  });

  it("are checked before they are posted", async () => {
    await using pair = await connectPair();
    const { client } = pair;
    assert.throws(() => client.postSend(1, 8, 1), RangeError);
    assert.throws(() => client.postSend(1, 0, 257), RangeError);
    assert.throws(() => client.postReceive(-1), RangeError);
    const region = client.domain.allocate(100, Access.NONE);
    const range = (offset: number, length: number) => [{ region, offset, length }];
    assert.throws(() => client.postSendRanges(1, range(90, 11)), RangeError);
    assert.throws(() => client.postSendRanges(1, range(-1, 1)), RangeError);
    const many = Array.from({ length: 5 }, () => ({ region, offset: 0, length: 1 }));
    assert.throws(() => client.postSendRanges(1, many), RangeError);
    region.close();
    assert.throws(() => client.postSendRanges(1, range(0, 1)), RangeError);
    client.submit();
    assert.equal(BUFFERS.sendBuffers.count, 8);
  });
});

/** The slots that messages have come to. */
function receivedSlots(count: number, records: Uint32Array): readonly number[] {
  const slots: number[] = [];
  for (let at = 0; at < count * COMPLETION_WORDS; at += COMPLETION_WORDS) {
    const isReceive = records[at + CompletionField.OPCODE] === Opcode.RECEIVE;
    if (isReceive) slots.push(records[at + CompletionField.ID] ?? 0);
  }
  return slots;
}

function numberOf(memory: Uint8Array): DataView {
  return new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
}

function submitOne(connection: RdmaConnection): void {
  connection.postSend(1, 0, 1);
  connection.submit();
}

function isKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof RdmaError && error.kind === kind;
}
