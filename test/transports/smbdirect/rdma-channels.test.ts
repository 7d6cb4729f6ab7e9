import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { testProvider } from "rdma-verbs-napi/test-provider";
import { SmbClient } from "../../../src/core/client.ts";
import { systemClock } from "../../../src/core/clock.ts";
import type { File } from "../../../src/core/file/file.ts";
import { type ChannelRoute, openChannel } from "../../../src/core/multichannel/open-channel.ts";
import type { Protection } from "../../../src/core/session/session-protection.ts";
import { CipherId } from "../../../src/core/smb2/constants.ts";
import { RdmaTransformType } from "../../../src/core/smb2/rdma-transform.ts";
import { memoryTransport } from "../../../src/transports/memory/memory-transport.ts";
import { bytesOf } from "../../compliance/transport.ts";
import type { FakeServerOptions } from "../../support/fake-server.ts";
import { ProviderShare } from "../../support/provider-share.ts";
import { readWhole, writeWhole } from "../../support/whole-file.ts";

const SIZE = 24_000_001;
const PAYLOAD = bytesOf(SIZE, 9);
const MULTICHANNEL_CAPABLE = 0x0c;
const { ENCRYPTION, SIGNING } = RdmaTransformType;

interface Rig extends AsyncDisposable {
  readonly share: ProviderShare;
  readonly client: SmbClient;
  readonly file: File;
  /** Opens one further connection over RDMA. */
  more(): Promise<void>;
}

/** A session whose first connection is one without RDMA, or with. */
async function rig(
  first: "memory" | "smbdirect",
  protection: Protection,
  server: FakeServerOptions,
): Promise<Rig> {
  const share = await ProviderShare.listen(testProvider, new Uint8Array(SIZE), {
    ...{ credits: 64, capabilities: MULTICHANNEL_CAPABLE },
    ...server,
  });
  const { port } = share;
  const target = { host: "127.0.0.1" };
  const transports = [memoryTransport((wire) => share.accept(wire)), share.factory()];
  const client = await SmbClient.connect(target, {
    ...{ transports, protection },
    order: [{ kind: first, ...(first === "smbdirect" ? { port } : {}) }],
    credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
  });
  const route: ChannelRoute = { kind: "smbdirect", address: "127.0.0.1", port };
  const settings = { target, transports, clock: systemClock };
  const more = async (): Promise<void> => {
    await openChannel(client.session, route, settings, new AbortController().signal);
  };
  const tree = await client.connectTree("share");
  const file = await tree.openFile("f", { access: 3 });
  const dispose = async (): Promise<void> => {
    await client.close();
    await share[Symbol.asyncDispose]();
  };
  return { share, client, file, more, [Symbol.asyncDispose]: dispose };
}

const write = (file: File, onPiece?: (done: number) => void): Promise<void> =>
  writeWhole(file, PAYLOAD, onPiece);

async function read(file: File, onPiece?: (done: number) => void): Promise<string> {
  return hashOf(await readWhole(file, SIZE, onPiece));
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Calls `harm` once, when so many bytes have come by. */
function once(bytes: number, harm: () => void): (done: number) => void {
  let isDone = false;
  return (done) => {
    if (isDone || done < bytes) return;
    isDone = true;
    harm();
  };
}

const cipher = CipherId.AES_128_GCM;
const PROTECTIONS: readonly [string, Protection, FakeServerOptions][] = [
  ["without protection", "off", {}],
  ["signed", "sign", { rdmaTransforms: [SIGNING] }],
  ["encrypted", "encrypt", { rdmaTransforms: [ENCRYPTION], cipher }],
];

/** Names in capitals are cases of Microsoft's MS-SMBD suite: docs/smbd-test-suite.md. */
describe("several connections over the test provider", {
  skip: testProvider.unavailable() ?? false,
}, () => {
  for (const [name, protection, server] of PROTECTIONS) {
    it(`BVT_Smb2MultiChannel_2Channels_DiffNicTypeDiffTransport, Smb2Multichannel_2Channels_DiffTransport: ${name}`, async () => {
      await using opened = await rig("memory", protection, server);
      const { share, client, file, more } = opened;
      await write(file);
      assert.deepEqual(share.placed, { read: 0, written: 0 });
      assert.equal(share.inline.written, SIZE);
      await more();
      const [first] = client.session.channels;
      assert.ok(first !== undefined);
      first.isStandby = true;
      // The same TreeId and FileId.
      assert.equal(await read(file), hashOf(PAYLOAD));
      assert.deepEqual(share.placed, { read: SIZE, written: 0 });
      assert.equal(share.inline.read, 0);
    });

    it(`one of three over RDMA is lost in each direction, no byte is: ${name}`, async () => {
      await using opened = await rig("smbdirect", protection, server);
      const { share, client, file, more } = opened;
      await more();
      await more();
      const [first, second, third] = client.session.channels;
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      await write(
        file,
        once(SIZE / 2, () => void share.connections[0]?.close()),
      );
      assert.equal(hashOf(share.content), hashOf(PAYLOAD));
      assert.deepEqual(client.session.channels, [second, third]);
      for (const channel of [second, third]) assert.ok(channel.placed.sent > SIZE / 16);
      const reading = read(
        file,
        once(SIZE / 2, () => void share.connections[2]?.close()),
      );
      assert.equal(await reading, hashOf(PAYLOAD));
      assert.deepEqual(client.session.channels, [second]);
      for (const channel of [second, third]) assert.ok(channel.placed.received > SIZE / 16);
      assert.deepEqual(share.inline, { read: 0, written: 0 });
    });
  }

  it("comes back to the first wire when RDMA is gone", async () => {
    await using opened = await rig("memory", "off", {});
    const { share, client, file, more } = opened;
    await more();
    const [first] = client.session.channels;
    assert.ok(first !== undefined);
    first.isStandby = true;
    await write(
      file,
      once(SIZE / 2, () => void share.connections[0]?.close()),
    );
    assert.equal(hashOf(share.content), hashOf(PAYLOAD));
    assert.deepEqual(client.session.channels, [first]);
    assert.ok(share.placed.written > 0 && share.inline.written > 0);
    assert.equal(await read(file), hashOf(PAYLOAD));
  });
});
