import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClientOptions } from "../../../src/core/client.ts";
import { systemClock } from "../../../src/core/clock.ts";
import type { File } from "../../../src/core/file/file.ts";
import { writePipeline } from "../../../src/core/file/write-pipeline.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { CipherId, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { RdmaTransformType } from "../../../src/core/smb2/rdma-transform.ts";
import { bytesOf, turns } from "../../compliance/transport.ts";
import type { FakeRequest, FakeServerOptions } from "../../support/fake-server.ts";
import type { FakeDevice } from "../../support/fake-verbs.ts";
import { RdmaShare } from "../../support/rdma-share.ts";

const SIZE = 9_000_001;
const FILE_NOT_AVAILABLE = 0xc000_0467;
const MULTICHANNEL_CAPABLE = 12;

async function open(
  server: FakeServerOptions = {},
  device: FakeDevice = {},
  client: Partial<ClientOptions> = { protection: "off" },
) {
  const more = { credits: 512, maxReadSize: 8 << 20, capabilities: MULTICHANNEL_CAPABLE };
  const share = new RdmaShare(new Uint8Array(SIZE), { ...more, ...server }, device);
  const { smb, file } = await share.open(client);
  const memory = () => {
    const [first] = share.verbs.clients;
    assert.ok(first);
    return first.memory;
  };
  return { share, smb, file, memory };
}

/** Writes all of `bytes`; returns the buffers that they were read into. */
async function write(file: File, bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array[]> {
  const buffers: Uint8Array[] = [];
  await writePipeline(file, {
    signal,
    length: bytes.length,
    fetch: (buffer, offset) => {
      const piece = bytes.subarray(offset, offset + buffer.length);
      buffer.set(piece);
      buffers.push(buffer);
      return piece.length;
    },
  });
  return buffers;
}

describe("memory for the data of a WRITE", () => {
  for (const hasType2Windows of [false, true]) {
    const devices = hasType2Windows ? "with windows" : "without windows";

    it(`is where the source is read to: nothing is copied (${devices})`, async () => {
      const { share, smb, file, memory } = await open({}, { hasType2Windows });
      const bytes = bytesOf(SIZE, 4);
      const buffers = await write(file, bytes);
      assert.ok(Buffer.from(share.content).equals(bytes));
      assert.equal(share.placed.written, SIZE);
      // But for the last few bytes, which go in a message.
      const large = buffers.filter(({ length }) => length >= 4096);
      assert.ok(large.length > 2);
      for (const buffer of large) assert.ok(memory().holds(buffer));
      for (const key of memory().keys) {
        if (hasType2Windows) assert.equal(memory().allows(key), false);
      }
      await write(file, bytes);
      const before = memory().bytes;
      await write(file, bytes);
      assert.equal(memory().bytes, before, "it is used again");
      await smb.close();
    });

    it(`is sent from again where the server took less (${devices})`, async () => {
      const { share, smb, file } = await open({}, { hasType2Windows });
      share.misdeeds = { count: (fetched) => Math.min(fetched, 700_000) };
      const bytes = bytesOf(SIZE, 5);
      await write(file, bytes);
      assert.ok(Buffer.from(share.content).equals(bytes));
      assert.equal(share.verbs.clients[0]?.broken, undefined);
      await smb.close();
    });

    it(`serves each run of a file with holes (${devices})`, async () => {
      const { share, smb, file } = await open({}, { hasType2Windows });
      const bytes = bytesOf(SIZE, 6);
      bytes.fill(0, 65_536, 131_072);
      bytes.fill(0, 1_048_576, 3_000_000);
      const { sent } = await writePipeline(file, {
        skipZeros: true,
        fetch: (buffer, offset) => {
          const piece = bytes.subarray(offset, offset + buffer.length);
          buffer.set(piece);
          return piece.length;
        },
      });
      assert.ok(sent < SIZE);
      assert.ok(Buffer.from(share.content).equals(bytes));
      await smb.close();
    });

    it(`serves a WRITE that is to be sent again (${devices})`, async () => {
      const { share, smb, file } = await open({}, { hasType2Windows });
      const route = { kind: "smbdirect", address: "127.0.0.1" } as const;
      const settings = { target: { host: "x" }, transports: [share.factory()], clock: systemClock };
      await openChannel(smb.session as never, route, settings, new AbortController().signal);
      let count = 0;
      let refused = 0;
      const instead = ({ connection, header, reply }: FakeRequest): boolean => {
        count += 1;
        // The second one dies with its channel, and when it comes again the server is not ready for it.
        if (count === 2) void share.server.disconnect(connection);
        const isRefused = (header.flags & HeaderFlags.REPLAY_OPERATION) !== 0 && refused === 0;
        if (isRefused) {
          refused += 1;
          reply({ status: FILE_NOT_AVAILABLE });
        }
        return count === 2 || isRefused;
      };
      share.misdeeds = { instead };
      const bytes = bytesOf(SIZE, 7);
      // The wait before it comes again does not keep a process alive.
      const alive = setInterval(() => undefined, 1000);
      await write(file, bytes).finally(() => clearInterval(alive));
      assert.equal(refused, 1);
      assert.equal(smb.session?.channels.length, 1);
      assert.ok(Buffer.from(share.content).equals(bytes));
      await smb.close();
    });
  }

  it("is kept after a WRITE was given up, until the server has answered", async () => {
    const { share, smb, file, memory } = await open();
    let answer: () => void = () => undefined;
    share.misdeeds = { answerAfter: new Promise((resolve) => (answer = resolve)) };
    const abort = new AbortController();
    const first = bytesOf(SIZE, 8);
    const given = write(file, first, abort.signal);
    await turns(60);
    const kept = share.content.slice();
    abort.abort(new Error("enough"));
    await assert.rejects(given, /enough/);
    const before = memory().bytes;
    share.misdeeds = {};
    // What comes next gets other memory: the server may still fetch from the first.
    const second = bytesOf(60_000, 9);
    const buffers = await write(file, second);
    assert.ok(memory().bytes > before);
    assert.ok(buffers.every((buffer) => memory().holds(buffer)));
    assert.ok(Buffer.from(share.content.subarray(0, second.length)).equals(second));
    assert.deepEqual(share.content.subarray(second.length), kept.subarray(second.length));
    answer();
    await turns(60);
    // What the server fetched late is what was to be written, not what came after it.
    const late = share.content.subarray(0, second.length);
    assert.ok(Buffer.from(late).equals(first.subarray(0, second.length)));
    const after = memory().bytes;
    await write(file, second);
    assert.equal(memory().bytes, after, "the late answer gave the memory back");
    await smb.close();
  });

  it("is given back where the source fails or has nothing", async () => {
    const { smb, file, memory } = await open();
    const fail = (): never => {
      throw new Error("the disk is broken");
    };
    await assert.rejects(writePipeline(file, { fetch: fail }), /the disk is broken/);
    const before = memory().bytes;
    for (let round = 0; round < 20; round += 1) {
      await assert.rejects(writePipeline(file, { fetch: fail }));
      await writePipeline(file, { fetch: () => 0 });
    }
    assert.equal(memory().bytes, before);
    await smb.close();
  });

  it("is not lent where data have to be protected", async () => {
    const { ENCRYPTION, SIGNING } = RdmaTransformType;
    const cipher = CipherId.AES_128_GCM;
    for (const protection of ["sign", "encrypt"] as const) {
      for (const rdmaTransforms of [[], [SIGNING, ENCRYPTION]]) {
        const { share, smb, file, memory } = await open(
          { rdmaTransforms, cipher },
          {},
          { protection },
        );
        const bytes = bytesOf(SIZE, 3);
        const buffers = await write(file, bytes);
        assert.ok(Buffer.from(share.content).equals(bytes));
        for (const buffer of buffers) assert.equal(memory().holds(buffer), false);
        await smb.close();
      }
    }
  });
});
