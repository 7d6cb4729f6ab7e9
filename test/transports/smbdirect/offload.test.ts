import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { testProvider } from "rdma-verbs-napi/test-provider";
import { type ClientOptions, SmbClient } from "../../../src/core/client.ts";
import type { File } from "../../../src/core/file/file.ts";
import { readPipeline } from "../../../src/core/file/read-pipeline.ts";
import { writePipeline } from "../../../src/core/file/write-pipeline.ts";
import {
  CipherId,
  Command,
  Dialect,
  HeaderFlags,
  ReadWriteChannel,
} from "../../../src/core/smb2/constants.ts";
import { RdmaTransformType } from "../../../src/core/smb2/rdma-transform.ts";
import type { ReadRequest } from "../../../src/core/smb2/read.ts";
import { decodeBufferDescriptors } from "../../../src/transports/smbdirect/smbd-messages.ts";
import { bytesOf } from "../../compliance/transport.ts";
import type { FakeServerOptions } from "../../support/fake-server.ts";
import type { RdmaMisdeeds } from "../../support/placing-share.ts";
import { ProviderShare } from "../../support/provider-share.ts";

const SIZE = 3_000_001;
const ACCESS_DENIED = 0xc000_0022;
const { ENCRYPTION, SIGNING } = RdmaTransformType;
const { RDMA_V1, RDMA_V1_INVALIDATE } = ReadWriteChannel;
const PLAIN: Partial<ClientOptions> = { protection: "off" };

interface Opened extends AsyncDisposable {
  readonly share: ProviderShare;
  readonly smb: SmbClient;
  readonly file: File;
}

async function open(
  server: FakeServerOptions = {},
  client: Partial<ClientOptions> = PLAIN,
): Promise<Opened> {
  const share = await ProviderShare.listen(testProvider, bytesOf(SIZE, 3), {
    credits: 64,
    ...server,
  });
  const smb = await SmbClient.connect(
    { host: "127.0.0.1" },
    {
      transports: [share.factory()],
      order: [{ kind: "smbdirect", port: share.port }],
      credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      ...client,
    },
  );
  const tree = await smb.connectTree("share");
  const file = await tree.openFile("f", { access: 3 });
  const dispose = async (): Promise<void> => {
    await smb.close();
    await share[Symbol.asyncDispose]();
  };
  return { share, smb, file, [Symbol.asyncDispose]: dispose };
}

async function readAll(file: File): Promise<string> {
  const whole = Buffer.alloc(SIZE);
  await readPipeline(file, {
    ranges: [{ offset: 0, length: SIZE }],
    place: (data, offset) => whole.set(data, offset),
  });
  return hashOf(whole);
}

async function writeAll(file: File, bytes: Uint8Array): Promise<void> {
  await writePipeline(file, {
    fetch: (buffer, offset) => {
      const piece = bytes.subarray(offset, offset + buffer.length);
      buffer.set(piece);
      return piece.length;
    },
  });
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Names in capitals are cases of Microsoft's MS-SMBD suite: docs/smbd-test-suite.md. */
describe("READ and WRITE by RDMA over the test provider", {
  skip: testProvider.unavailable() ?? false,
}, () => {
  for (const [dialect, channel] of [
    [Dialect.SMB_3_0, RDMA_V1],
    [Dialect.SMB_3_0_2, RDMA_V1_INVALIDATE],
    [Dialect.SMB_3_1_1, RDMA_V1_INVALIDATE],
  ] as const) {
    it(`BVT_Smb2OverRdmaChannel_ReadLargeFile, WriteLargeFile: dialect ${dialect.toString(16)}`, async () => {
      await using opened = await open({ dialect });
      const { share, file } = opened;
      assert.equal(await readAll(file), hashOf(share.content));
      const bytes = bytesOf(SIZE, 8);
      await writeAll(file, bytes);
      assert.equal(hashOf(share.content), hashOf(bytes));
      assert.deepEqual(share.placed, { read: SIZE, written: SIZE });
      assert.deepEqual([...new Set(share.channels)], [channel]);
    });
  }

  const UNTOUCHED = 50_000;
  const misplacements: readonly [string, RdmaMisdeeds][] = [
    [
      "Offset",
      { misplace: (named) => ({ ...named, offset: named.offset + BigInt(named.length) + 1n }) },
    ],
    ["Length", { misplace: (named) => ({ ...named, length: named.length + 1 }) }],
    ["Token", { misplace: (named) => ({ ...named, token: (named.token ^ 0x100) >>> 0 }) }],
  ];
  for (const [what, misdeeds] of misplacements) {
    it(`Smb2OverRdmaChannel_InvalidBufferDescriptor_${what}: ends a READ, and lands nowhere`, async () => {
      await using opened = await open();
      const { share, smb, file } = opened;
      share.misdeeds = misdeeds;
      const into = new Uint8Array(UNTOUCHED);
      await assert.rejects(file.read(into, 0), { code: "ERR_SMB_TRANSPORT_CLOSED" });
      assert.ok(into.every((byte) => byte === 0));
      assert.equal(smb.session.isClosed, true);
    });

    it(`Smb2OverRdmaChannel_InvalidBufferDescriptor_${what}: ends a WRITE, and gives nothing away`, async () => {
      await using opened = await open();
      const { share, smb, file } = opened;
      const before = hashOf(share.content);
      share.misdeeds = misdeeds;
      const writing = file.write(bytesOf(UNTOUCHED, 1), 0);
      await assert.rejects(writing, { code: "ERR_SMB_TRANSPORT_CLOSED" });
      assert.equal(hashOf(share.content), before);
      assert.equal(smb.session.isClosed, true);
    });
  }

  it("Smb2OverRdmaChannel_InvalidBufferDescriptor_DeregisteredBuffer: a READ's memory is out of reach once it is answered", async () => {
    await using opened = await open();
    const { share, smb, file } = opened;
    share.misdeeds = { comesBack: true };
    const into = new Uint8Array(UNTOUCHED);
    // The answer may be overtaken by the end of the connection, never by other bytes.
    await file.read(into, 0).catch(() => 0);
    await smb.session.closed;
    const isWhole = Buffer.compare(into, share.content.subarray(0, UNTOUCHED)) === 0;
    assert.ok(isWhole || into.every((byte) => byte === 0));
  });

  it("asks with one descriptor for each request, exactly as long as it is", async () => {
    await using opened = await open();
    const { share, file } = opened;
    await file.read(new Uint8Array(12_345), 0);
    const [request] = share.server.requestsOf(Command.READ);
    assert.ok(request !== undefined);
    const { channelInfo } = request.body as ReadRequest;
    assert.deepEqual(
      decodeBufferDescriptors(channelInfo).map(({ length }) => length),
      [12_345],
    );
  });

  it("takes fewer bytes than were asked for", async () => {
    await using opened = await open();
    const { share, file } = opened;
    share.misdeeds = { atMost: 10_001 };
    const into = new Uint8Array(UNTOUCHED);
    assert.equal(await file.read(into, 7), 10_001);
    assert.deepEqual(into.subarray(0, 10_001), share.content.subarray(7, 10_008));
    assert.ok(into.subarray(10_001).every((byte) => byte === 0));
    // A transfer asks for the rest.
    assert.equal(await readAll(file), hashOf(share.content));
  });

  it("refuses more bytes than were asked for", async () => {
    await using opened = await open();
    const { share, smb, file } = opened;
    share.misdeeds = { claimMore: 1 };
    const reading = file.read(new Uint8Array(UNTOUCHED), 0);
    await assert.rejects(reading, /placed 50001 bytes where 50000 were asked/);
    assert.equal(smb.session.isClosed, true);
  });

  it("writes the rest where the server took less than it fetched", async () => {
    await using opened = await open();
    const { share, file } = opened;
    const bytes = bytesOf(SIZE, 5);
    share.misdeeds = { count: (fetched) => Math.min(fetched, 9000) };
    await writeAll(file, bytes.subarray(0, 50_000));
    assert.deepEqual(share.content.subarray(0, 50_000), bytes.subarray(0, 50_000));
  });

  for (const count of [0, 50_001]) {
    it(`refuses a WRITE of 50000 bytes that is answered with a count of ${count}`, async () => {
      await using opened = await open();
      opened.share.misdeeds = { count: () => count };
      const writing = writeAll(opened.file, bytesOf(50_000, 5));
      await assert.rejects(writing, { code: "ERR_SMB_PROTOCOL" });
    });
  }

  it("goes on after a status that tells of an error, with the memory of before", async () => {
    await using opened = await open();
    const { share, smb, file } = opened;
    share.misdeeds = { status: ACCESS_DENIED };
    // More of them than there is memory for.
    for (let round = 0; round < 60; round += 1) {
      const denied = { code: "ERR_SMB_NT_STATUS", statusName: "NT_STATUS_ACCESS_DENIED" };
      await assert.rejects(file.read(new Uint8Array(1 << 20), 0), denied);
      await assert.rejects(file.write(bytesOf(1 << 20, 1), 0), denied);
    }
    share.misdeeds = {};
    assert.equal(await readAll(file), hashOf(share.content));
    assert.equal(smb.session.isClosed, false);
  });

  it("BVT_SMB2OverRdma_SMB302_Read_RemoteInvalidation: of a token that is none, it ends the connection", async () => {
    for (const invalidate of [(token: number) => (token ^ 0x100) >>> 0, () => 0]) {
      await using opened = await open();
      const { share, smb, file } = opened;
      share.misdeeds = { invalidate };
      const reading = file.read(new Uint8Array(UNTOUCHED), 0);
      await assert.rejects(reading, { code: "ERR_SMB_TRANSPORT_CLOSED" });
      assert.equal(smb.session.isClosed, true);
    }
  });

  it("SMB2OverRdma_SMB302_Read_NoRemoteInvalidation, Write: a server may leave it to the client", async () => {
    await using opened = await open({ dialect: Dialect.SMB_3_0_2 });
    const { share, file } = opened;
    for (const connection of share.connections) {
      connection.postSendInvalidate = (id, slot, length) => connection.postSend(id, slot, length);
    }
    assert.equal(await readAll(file), hashOf(share.content));
    await writeAll(file, bytesOf(SIZE, 8));
    assert.equal(hashOf(share.content), hashOf(bytesOf(SIZE, 8)));
  });

  const cipher = CipherId.AES_128_GCM;
  const cases: readonly [string, FakeServerOptions, Partial<ClientOptions>][] = [
    ["Signing", { rdmaTransforms: [SIGNING] }, { protection: "sign" }],
    ["Encryption", { rdmaTransforms: [ENCRYPTION], cipher }, { protection: "encrypt" }],
  ];
  for (const [name, server, client] of cases) {
    it(`Smb2OverRdmaChannelTransform_${name}_ReadLargeFile, WriteLargeFile: the request is protected, too`, async () => {
      await using opened = await open(server, client);
      const { share, file } = opened;
      assert.equal(await readAll(file), hashOf(share.content));
      await writeAll(file, bytesOf(SIZE, 8));
      assert.equal(hashOf(share.content), hashOf(bytesOf(SIZE, 8)));
      assert.deepEqual(share.placed, { read: SIZE, written: SIZE });
      // Without it a server refuses the transform (FlagsSignedNotSet_Fails).
      for (const request of share.server.requestsOf(Command.WRITE)) {
        const isSigned = (request.header.flags & HeaderFlags.SIGNED) !== 0;
        assert.ok(name === "Signing" ? isSigned : request.isEncrypted);
      }
    });

    for (const [what, misdeeds] of [
      ["ZeroTransformCount_Fails", { transformCount: 0 }],
      ["MultipleEncryptionStructure_Fails", { transformCount: 2 }],
      ["NoTransformIds_Fails: data without protection", { unprotected: true }],
      ["more bytes than were asked for", { claimMore: 1 }],
    ] as const) {
      it(`Smb2OverRdmaChannelTransform_${name}: refuses placed data, ${what}`, async () => {
        await using opened = await open(server, client);
        const { share, smb, file } = opened;
        share.misdeeds = misdeeds;
        const into = new Uint8Array(UNTOUCHED);
        await assert.rejects(file.read(into, 0), (error: { code?: string }) => {
          assert.match(error.code ?? "", /^ERR_SMB_(PROTOCOL|WIRE_FORMAT)$/);
          return true;
        });
        assert.ok(into.every((byte) => byte === 0));
        assert.equal(smb.session.isClosed, true);
      });
    }
  }
});
