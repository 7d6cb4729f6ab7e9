import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { testProvider } from "rdma-verbs-napi/test-provider";
import { readPipeline } from "../../src/core/file/read-pipeline.ts";
import { writePipeline } from "../../src/core/file/write-pipeline.ts";
import { type Protection, SmbClient, type Tree } from "../../src/core/index.ts";
import { smbDirectTransport } from "../../src/transports/smbdirect/smbdirect-transport.ts";
import { bytesOf } from "../compliance/transport.ts";
import { readShared, type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { SmbDirectRelay } from "../support/smbdirect-relay.ts";

const SIZE = 5_000_003;

describe("a real server behind SMB Direct, over the test provider", {
  skip: testProvider.unavailable() ?? sambaUnavailable() ?? false,
}, () => {
  let samba: Samba;
  let relay: SmbDirectRelay;

  before(async () => {
    samba = await startSamba();
    relay = await SmbDirectRelay.listen(testProvider, samba);
  });
  after(async () => {
    await relay[Symbol.asyncDispose]();
    await samba.stop();
  });

  const open = (protection: Protection): Promise<SmbClient> => {
    const { username, password } = samba;
    return SmbClient.connect(
      { host: "127.0.0.1" },
      {
        transports: [smbDirectTransport({ verbs: testProvider })],
        order: [{ kind: "smbdirect", port: relay.port }],
        credentials: { kind: "password", username, domain: "", password },
        protection,
      },
    );
  };

  for (const protection of ["off", "sign", "encrypt"] as const) {
    it(`is written to and read from, byte for byte (${protection})`, async () => {
      const client = await open(protection);
      const { transport } = client.connection;
      assert.equal(transport.kind, "smbdirect");
      // What is behind the relay reaches no memory of ours.
      assert.equal(transport.rdma, undefined);
      const tree = await client.connectTree("share");
      const name = `over-smbdirect-${protection}.bin`;
      const bytes = bytesOf(SIZE, 7);
      await put(tree, name, bytes);
      assert.equal(sha256(readShared(samba, "share", name)), sha256(bytes));
      assert.equal(sha256(await get(tree, name)), sha256(bytes));
      const names: string[] = [];
      for await (const page of tree.list("")) names.push(...page.map((each) => each.name));
      assert.ok(names.includes(name));
      await client.close();
    });
  }

  it("ends a transfer with an error when the link is cut, and does not hang", async () => {
    const client = await open("sign");
    const tree = await client.connectTree("share");
    await put(tree, "cut.bin", bytesOf(SIZE, 1));
    const file = await tree.openFile("cut.bin", { access: 1 });
    let placed = 0;
    const reading = readPipeline(file, {
      ranges: [{ offset: 0, length: SIZE }],
      // Little under way at once, so that the end is still far when the link is cut.
      windowBytes: 400_000,
      place: () => {
        placed += 1;
        if (placed === 3) relay.cut();
      },
    });
    await assert.rejects(reading, { code: "ERR_SMB_TRANSPORT_CLOSED" });
    await client.close();
    // The next connection is as good as ever.
    const again = await open("sign");
    assert.equal(
      sha256(await get(await again.connectTree("share"), "cut.bin")),
      sha256(bytesOf(SIZE, 1)),
    );
    await again.close();
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function put(tree: Tree, name: string, bytes: Uint8Array): Promise<void> {
  const file = await tree.openFile(name, { access: 0x12_019f, disposition: 5 });
  await writePipeline(file, {
    fetch: (buffer, offset) => {
      const piece = bytes.subarray(offset, offset + buffer.length);
      buffer.set(piece);
      return piece.length;
    },
  });
  await file.close();
}

async function get(tree: Tree, name: string): Promise<Uint8Array> {
  const file = await tree.openFile(name, { access: 1 });
  const whole = new Uint8Array(file.size);
  await readPipeline(file, {
    ranges: [{ offset: 0, length: file.size }],
    place: (data, offset) => whole.set(data, offset),
  });
  await file.close();
  return whole;
}
