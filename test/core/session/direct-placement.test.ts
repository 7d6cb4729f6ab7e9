import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClientOptions, SmbClient } from "../../../src/core/client.ts";
import type { File } from "../../../src/core/file/file.ts";
import { readPipeline } from "../../../src/core/file/read-pipeline.ts";
import { CipherId, Command, Dialect, ReadWriteChannel } from "../../../src/core/smb2/constants.ts";
import { RdmaTransformType } from "../../../src/core/smb2/rdma-transform.ts";
import { bytesOf, turns } from "../../compliance/transport.ts";
import type { FakeServerOptions } from "../../support/fake-server.ts";
import type { FakeDevice } from "../../support/fake-verbs.ts";
import { RdmaShare } from "../../support/rdma-share.ts";
import { writeWhole } from "../../support/whole-file.ts";

const SIZE = 3_000_001;
const { ENCRYPTION, SIGNING } = RdmaTransformType;

async function open(
  server: FakeServerOptions = {},
  client: Partial<ClientOptions> = { protection: "off" },
  device: FakeDevice = {},
  lockLimit = Number.POSITIVE_INFINITY,
): Promise<{ share: RdmaShare; smb: SmbClient; file: File }> {
  const share = new RdmaShare(bytesOf(SIZE, 3), { credits: 64, ...server }, device);
  share.verbs.lockLimit = lockLimit;
  return { share, ...(await share.open(client)) };
}

async function readAll(file: File): Promise<Buffer> {
  const whole = Buffer.alloc(SIZE);
  await readPipeline(file, {
    ranges: [{ offset: 0, length: SIZE }],
    place: async (data, offset) => {
      await turns(1);
      whole.set(data, offset);
    },
  });
  return whole;
}

/** The names in capitals are those of the MS-SMBD test suite's cases. */
describe("READ and WRITE by RDMA", () => {
  it("BVT_Smb2OverRdmaChannel_ReadLargeFile, Smb2OverRdmaChannel_ReadMultipleOperation", async () => {
    const { share, smb, file } = await open();
    assert.ok((await readAll(file)).equals(share.content));
    assert.equal(share.placed.read, SIZE);
    assert.equal(share.inline.read, 0);
    assert.deepEqual([...new Set(share.channels)], [ReadWriteChannel.RDMA_V1]);
    await smb.close();
  });

  it("BVT_Smb2OverRdmaChannel_WriteLargeFile, Smb2OverRdmaChannel_WriteMultipleOperation", async () => {
    const { share, smb, file } = await open();
    const bytes = bytesOf(SIZE, 8);
    await writeWhole(file, bytes);
    assert.ok(Buffer.from(share.content).equals(bytes));
    assert.equal(share.placed.written, SIZE);
    assert.deepEqual([...new Set(share.channels)], [ReadWriteChannel.RDMA_V1]);
    await smb.close();
  });

  it("is counted with what the channel moved, and where its ends are is told", async () => {
    const { smb, file } = await open();
    const [before] = await smb.channels();
    assert.deepEqual([before?.placedBytesSent, before?.placedBytesReceived], [0, 0]);
    assert.equal(before?.clientEndpoint, "192.0.2.9:50000");
    await readAll(file);
    await file.write(bytesOf(100_000, 8), 0);
    const [after] = await smb.channels();
    assert.deepEqual([after?.placedBytesSent, after?.placedBytesReceived], [100_000, SIZE]);
    const { transport } = smb.connection;
    assert.equal(after?.bytesSent, transport.bytesSent + 100_000);
    assert.equal(after?.bytesReceived, transport.bytesReceived + SIZE);
    assert.ok(transport.bytesReceived < SIZE / 10, "messages carry none of it");
    const moved = after.bytesSent + after.bytesReceived;
    const seconds = (smb.session?.channels[0]?.busyMs ?? 0) / 1000;
    assert.ok(Math.abs(after.bytesPerSecond * seconds - moved) < 1, "the rate is that of all");
    await smb.close();
  });

  it("does not count what the server refused", async () => {
    const { share, smb, file } = await open();
    share.server.on(Command.READ, ({ reply }) => reply({ status: 0xc000_0022 }));
    share.server.on(Command.WRITE, ({ reply }) => reply({ status: 0xc000_0022 }));
    await assert.rejects(file.read(new Uint8Array(50_000), 0));
    await assert.rejects(file.write(bytesOf(50_000, 1), 0));
    const [channel] = await smb.channels();
    assert.deepEqual([channel?.placedBytesSent, channel?.placedBytesReceived], [0, 0]);
    await smb.close();
  });

  it("does not begin below 4 KiB", async () => {
    const { share, smb, file } = await open();
    assert.equal(await file.read(new Uint8Array(4095), 0), 4095);
    assert.equal(await file.read(new Uint8Array(4096), 0), 4096);
    await file.write(bytesOf(100, 1), 0);
    const { NONE, RDMA_V1 } = ReadWriteChannel;
    assert.deepEqual(share.channels, [NONE, RDMA_V1, NONE]);
    await smb.close();
  });

  it("takes data that the server sent in its message all the same", async () => {
    const { share, smb, file } = await open();
    share.misdeeds = { inline: true };
    const into = new Uint8Array(50_000);
    assert.equal(await file.read(into, 7), 50_000);
    assert.deepEqual(into, share.content.slice(7, 50_007));
    await smb.close();
  });

  it("is not used with dialects before 3.0", async () => {
    const { share, smb, file } = await open({ dialect: Dialect.SMB_2_1 });
    assert.equal(await file.read(new Uint8Array(50_000), 0), 50_000);
    assert.deepEqual(share.channels, [ReadWriteChannel.NONE]);
    await smb.close();
  });

  it("keeps the memory of a READ that was given up until the server has answered", async () => {
    const { share, smb, file } = await open();
    let answer: () => void = () => undefined;
    share.misdeeds = { answerAfter: new Promise((resolve) => (answer = resolve)) };
    const abort = new AbortController();
    const size = 1 << 20;
    const given = file.read(new Uint8Array(size), 0, { signal: abort.signal });
    await turns(30);
    const { memory } = share.verbs.clients[0] as NonNullable<(typeof share.verbs.clients)[0]>;
    const before = memory.bytes;
    abort.abort(new Error("enough"));
    await assert.rejects(given, /enough/);
    share.misdeeds = {};
    // The next READ must not get the memory that the server may still write to.
    const into = new Uint8Array(size);
    assert.equal(await file.read(into, 100), size);
    assert.ok(memory.bytes > before);
    assert.deepEqual(into, share.content.slice(100, 100 + size));
    const after = memory.bytes;
    answer();
    await turns(30);
    assert.equal(await file.read(into, 200), size);
    assert.equal(memory.bytes, after, "the late answer gave the memory back");
    await smb.close();
  });

  it("lends no more memory than it may, and waits for it", async () => {
    const { share, smb, file } = await open();
    const reads = Array.from({ length: 80 }, (_, index) => {
      const into = new Uint8Array(1 << 20);
      return file.read(into, index).then(() => into[0]);
    });
    const firsts = await Promise.all(reads);
    assert.deepEqual(firsts, [...share.content.subarray(0, 80)]);
    const { memory } = share.verbs.clients[0] as NonNullable<(typeof share.verbs.clients)[0]>;
    assert.ok(memory.bytes < 60 << 20);
    await smb.close();
  });

  it("moves more at once than messages carry, so that there are fewer requests", async () => {
    const { share, smb, file } = await open({ credits: 512, maxReadSize: 8 << 20 });
    assert.equal(file.tree.chunkSize, 4 << 20);
    assert.ok((await readAll(file)).equals(share.content));
    assert.equal(share.channels.length, 1);
    assert.deepEqual(share.inline, { read: 0, written: 0 });
    await smb.close();
  });

  it("plans smaller pieces where two large ones may not be locked", async () => {
    const spare = 6 << 20;
    const limit = 256 * 8192 + 255 * 1364 + spare;
    const server = { credits: 512, maxReadSize: 8 << 20 };
    const { share, smb, file } = await open(server, { protection: "off" }, {}, limit);
    assert.equal(file.tree.chunkSize, 1 << 20);
    assert.ok((await readAll(file)).equals(share.content));
    assert.deepEqual(share.inline, { read: 0, written: 0 });
    await smb.close();
  });

  it("goes back to smaller pieces where only two large ones may be locked", async () => {
    const spare = 10 << 20;
    const limit = 256 * 8192 + 255 * 1364 + spare;
    const server = { credits: 512, maxReadSize: 8 << 20 };
    const { share, smb, file } = await open(server, { protection: "off" }, {}, limit);
    assert.equal(file.tree.chunkSize, 4 << 20);
    const copies = await Promise.all([readAll(file), readAll(file), readAll(file)]);
    for (const copy of copies) assert.ok(copy.equals(share.content));
    assert.equal(file.tree.chunkSize, 1 << 20);
    assert.ok((await readAll(file)).equals(share.content));
    const bytes = bytesOf(SIZE, 6);
    await writeWhole(file, bytes);
    assert.ok(Buffer.from(share.content).equals(bytes));
    assert.deepEqual(share.inline, { read: 0, written: 0 });
    await smb.close();
  });

  it("makes do with little memory that may be locked, in smaller pieces", async () => {
    const messages = 256 * 8192 + 255 * 1364;
    for (const [spare, chunk] of [
      [700_000, 262_144],
      [140_000, 65_536],
    ] as const) {
      for (const hasType2Windows of [false, true]) {
        const { share, smb, file } = await open(
          {},
          { protection: "off" },
          { hasType2Windows },
          messages + spare,
        );
        assert.equal(file.tree.chunkSize, chunk);
        assert.ok((await readAll(file)).equals(share.content));
        const bytes = bytesOf(SIZE, 6);
        await writeWhole(file, bytes);
        assert.ok(Buffer.from(share.content).equals(bytes));
        assert.deepEqual(share.inline, { read: 0, written: 0 });
        await smb.close();
      }
    }
  });

  it("gives all registered memory back when the connection is closed", async () => {
    const { share, smb, file } = await open();
    await file.read(new Uint8Array(1 << 20), 0);
    await smb.close();
    await turns(10);
    const client = share.verbs.clients[0];
    // What the provider made itself, for messages, is its own to give back.
    const own = (client?.receiveBuffers.size ?? 0) * (client?.receiveBuffers.count ?? 0);
    const sends = (client?.sendBuffers.size ?? 0) * (client?.sendBuffers.count ?? 0);
    assert.equal(client?.memory.bytes, own + sends);
  });
});

describe("remote invalidation", () => {
  const windows: FakeDevice = { hasType2Windows: true };

  it("BVT_SMB2OverRdma_SMB302_Read_RemoteInvalidation, and Write: the key is dead afterwards", async () => {
    for (const dialect of [Dialect.SMB_3_0_2, Dialect.SMB_3_1_1]) {
      const { share, smb, file } = await open({ dialect }, { protection: "off" }, windows);
      const before = share.verbs.clients[0]?.memory.keys;
      assert.ok((await readAll(file)).equals(share.content));
      const bytes = bytesOf(SIZE, 9);
      await writeWhole(file, bytes);
      assert.ok(Buffer.from(share.content).equals(bytes));
      assert.deepEqual([...new Set(share.channels)], [ReadWriteChannel.RDMA_V1_INVALIDATE]);
      const keys = share.verbs.clients[0]?.memory.keys ?? [];
      // Regions are there, but the server reaches none of them: they allow the peer nothing.
      const pooled = keys.filter((key) => !before?.includes(key));
      const { memory } = share.verbs.clients[0] as NonNullable<(typeof share.verbs.clients)[0]>;
      for (const key of pooled) assert.equal(memory.allows(key), false);
      await smb.close();
    }
  });

  it("is not asked for with 3.0: the client invalidates its windows itself", async () => {
    const dialect = Dialect.SMB_3_0;
    const { share, smb, file } = await open({ dialect }, { protection: "off" }, windows);
    assert.ok((await readAll(file)).equals(share.content));
    assert.deepEqual([...new Set(share.channels)], [ReadWriteChannel.RDMA_V1]);
    await turns(10);
    await file.write(bytesOf(10, 1), 0);
    await turns(10);
    const { memory } = share.verbs.clients[0] as NonNullable<(typeof share.verbs.clients)[0]>;
    for (const key of memory.keys) assert.equal(memory.allows(key), false);
    await smb.close();
  });

  it("is not asked for where the device has no windows", async () => {
    const { share, smb, file } = await open();
    await file.read(new Uint8Array(10_000), 0);
    assert.deepEqual(share.channels, [ReadWriteChannel.RDMA_V1]);
    await smb.close();
  });
});

describe("protection of data that go by RDMA", () => {
  const signed: Partial<ClientOptions> = { protection: "sign" };
  const encrypted: Partial<ClientOptions> = { protection: "encrypt" };
  const cipher = CipherId.AES_128_GCM;

  it("a session that signs keeps its data in messages where no transform was agreed on", async () => {
    const { share, smb, file } = await open({}, signed);
    assert.ok((await readAll(file)).equals(share.content));
    assert.equal(share.placed.read, 0);
    assert.equal(share.inline.read, SIZE);
    await writeWhole(file, bytesOf(SIZE, 1));
    assert.equal(share.inline.written, SIZE);
    await smb.close();
  });

  it("so does one that encrypts", async () => {
    const { share, smb, file } = await open({ cipher }, encrypted);
    assert.ok((await readAll(file)).equals(share.content));
    await writeWhole(file, bytesOf(SIZE, 1));
    assert.deepEqual(share.placed, { read: 0, written: 0 });
    await smb.close();
  });

  for (const [name, server, client, type] of [
    ["signing", { rdmaTransforms: [SIGNING] }, signed, SIGNING],
    ["encryption", { rdmaTransforms: [ENCRYPTION], cipher }, encrypted, ENCRYPTION],
    [
      "encryption, CCM",
      { rdmaTransforms: [ENCRYPTION], cipher: CipherId.AES_128_CCM },
      encrypted,
      ENCRYPTION,
    ],
    [
      "encryption, 256 bits",
      { rdmaTransforms: [SIGNING, ENCRYPTION], cipher: CipherId.AES_256_GCM },
      encrypted,
      ENCRYPTION,
    ],
    [
      "encryption for a session that signs, where the server can do no more",
      { rdmaTransforms: [ENCRYPTION], cipher },
      signed,
      ENCRYPTION,
    ],
  ] as const) {
    it(`Smb2OverRdmaChannelTransform: ${name}`, async () => {
      const { share, smb, file } = await open(server, client);
      assert.ok((await readAll(file)).equals(share.content));
      const bytes = bytesOf(SIZE, 5);
      await writeWhole(file, bytes);
      assert.ok(Buffer.from(share.content).equals(bytes));
      assert.deepEqual(share.placed, { read: SIZE, written: SIZE });
      const isEncrypted = share.server.requestsOf(Command.READ).every((each) => each.isEncrypted);
      assert.equal(isEncrypted, type === ENCRYPTION);
      await smb.close();
    });
  }

  for (const [name, server, client] of [
    ["signing", { rdmaTransforms: [SIGNING] }, signed],
    ["encryption", { rdmaTransforms: [ENCRYPTION], cipher }, encrypted],
  ] as const) {
    it(`refuses placed data that were altered (${name})`, async () => {
      const { share, smb, file } = await open(server, client);
      share.misdeeds = {
        tamper: (placed) => {
          placed[77] = 1 ^ (placed[77] ?? 0);
        },
      };
      await assert.rejects(file.read(new Uint8Array(50_000), 0), { code: "ERR_SMB_PROTOCOL" });
      assert.equal(smb.session?.isClosed, true);
    });

    it(`the server refuses fetched data that were altered (${name})`, async () => {
      const { share, smb, file } = await open(server, client);
      const before = share.content.slice();
      share.misdeeds = {
        tamper: (fetched) => {
          fetched[77] = 1 ^ (fetched[77] ?? 0);
        },
      };
      await assert.rejects(file.write(bytesOf(50_000, 1), 0), { code: "ERR_SMB_NT_STATUS" });
      assert.deepEqual(share.content, before);
      await smb.close();
    });

    it(`refuses data placed without the protection that was agreed on (${name})`, async () => {
      const { share, file } = await open(server, client);
      share.misdeeds = { unprotected: true };
      await assert.rejects(
        file.read(new Uint8Array(50_000), 0),
        /without the protection that was agreed on/,
      );
    });

    for (const [what, mutate] of [
      ["of another kind", { type: 3 - (name === "signing" ? SIGNING : ENCRYPTION) }],
      ["with a short signature", { signature: new Uint8Array(15) }],
      ["with a short nonce", { nonce: new Uint8Array(11) }],
      ["with a long nonce", { nonce: new Uint8Array(13) }],
    ] as const) {
      it(`refuses a transform ${what} (${name})`, async () => {
        const { share, file } = await open(server, client);
        share.misdeeds = { mutate: (transform) => ({ ...transform, ...mutate }) };
        await assert.rejects(
          file.read(new Uint8Array(50_000), 0),
          /do not describe their protection correctly/,
        );
      });
    }
  }

  it("refuses more data than were asked for", async () => {
    const { share, smb, file } = await open();
    share.misdeeds = { claimMore: 1 };
    await assert.rejects(file.read(new Uint8Array(50_000), 0), /placed 50001 bytes where 50000/);
    assert.equal(smb.session?.isClosed, true);
  });

  it("refuses a transform that was not offered", async () => {
    await assert.rejects(open({ rdmaTransforms: [7] }), /RDMA transform 7, which was not offered/);
  });
});
