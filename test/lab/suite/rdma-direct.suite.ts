import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  downloadFile,
  downloadMany,
  planDownload,
  planUpload,
  type TransferEnvironment,
  uploadFile,
  uploadMany,
} from "../../../src/cli/transfer/index.ts";
import { DialError, Dialect, dialectName, type SmbClient } from "../../../src/core/index.ts";
import { exerciseShare, names } from "../../integration/protocol-exercise.ts";
import {
  connectToPeer,
  diskOf,
  emptyShare,
  isLong,
  type PeerOptions,
  peer,
} from "../support/peer.ts";
import { deviceCounters, interfaceBytes, operationsDuring } from "../support/rdma-wire.ts";
import {
  differences,
  environmentOf,
  freshDirectory,
  leftovers,
  MIB,
  sha256Of,
  whenMoved,
  writeMany,
  writeNoise,
} from "../support/transfers.ts";

const remote = diskOf(peer.share);
const SIZES = [0, 1, 4095, 4096, 4097, 65_536, MIB + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1];
/** Neither signed nor encrypted: what needs no transforms to be placed directly. */
const PLAIN = { protection: "off" } as const;

/** `smbx --transport smbdirect --multichannel off`: what is proven is proven of one connection. */
function connectDirectly(options: PeerOptions = {}): Promise<SmbClient> {
  const one = { order: [{ kind: "smbdirect" }], multichannel: { connections: 1 } } as const;
  return connectToPeer({ ...one, ...options });
}

describe(`SMB Direct to ksmbd over ${peer.rdma}, dialled directly`, () => {
  beforeEach(() => emptyShare());

  for (const protection of ["off", "sign", "encrypt"] as const) {
    it(`everything that is done with files, protection ${protection}`, async () => {
      await using client = await connectDirectly({ protection });
      assert.equal(client.connection.transport.kind, "smbdirect");
      assert.equal(client.session.isEncrypted, protection === "encrypt");
      await exerciseShare(await client.connectTree(peer.share), remote);
    });
  }

  for (const dialect of [Dialect.SMB_3_0, Dialect.SMB_3_0_2, Dialect.SMB_3_1_1]) {
    it(`dialect ${dialectName(dialect)}`, async () => {
      const only = { minDialect: dialect, maxDialect: dialect };
      await using client = await connectDirectly({ ...PLAIN, ...only });
      assert.equal(client.connection.dialect, dialect);
      await exerciseShare(await client.connectTree(peer.share), remote);
    });
  }

  it("lists the shares, which takes a pipe", async () => {
    await using client = await connectDirectly();
    const shares = await client.listShares();
    assert.ok(shares.some(({ name }) => name.toLowerCase() === peer.share));
  });

  it("lists a directory of 2,000 entries whole", async () => {
    const expected = Array.from({ length: 2000 }, (_, index) => `entry-${index}-${"x".repeat(60)}`);
    for (const name of expected) writeFileSync(join(remote, name), "");
    await using client = await connectDirectly();
    assert.deepEqual(await names(await client.connectTree(peer.share), ""), expected.toSorted());
  });

  it("the default port leads to that of the device", async () => {
    await using client = await connectDirectly({ order: [{ kind: "smbdirect", port: 445 }] });
    assert.equal(client.connection.transport.remoteAddress, `${peer.host}:${peer.rdmaPort}`);
  });

  it("a port where nobody listens for the device is refused soon, and told", async () => {
    // ksmbd listens on 5445 for iWARP alone, and by TCP on 445, which is the default for all.
    const port = peer.rdma === "rxe" ? 5445 : 5446;
    const startedAt = performance.now();
    await assert.rejects(connectDirectly({ order: [{ kind: "smbdirect", port }] }), (error) => {
      assert.ok(error instanceof DialError, String(error));
      assert.match(error.message, new RegExp(`${port}`));
      return true;
    });
    assert.ok(performance.now() - startedAt < 20_000);
  });

  it("an address where nobody listens is told, and no hang", async () => {
    await assert.rejects(connectDirectly({ host: "10.77.0.77" }), DialError);
  });
});

describe(`transfers over SMB Direct to ksmbd over ${peer.rdma}`, () => {
  let client: SmbClient;
  let env: TransferEnvironment;
  let local: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    client = await connectDirectly(PLAIN);
    env = await environmentOf(client);
  });
  after(async () => {
    await client?.close();
    rmSync(local, { recursive: true, force: true });
  });
  beforeEach(() => {
    emptyShare();
    freshDirectory(local);
  });

  /** Moves a file up and down again; all three must be equal. */
  async function thereAndBack(size: number, environment = env): Promise<void> {
    const path = join(local, "f");
    if (size < 16 * MIB) writeFileSync(path, randomBytes(size));
    else await writeNoise(path, size);
    const expected = await sha256Of(path);
    await uploadFile(environment, path, "f");
    assert.equal(await sha256Of(join(remote, "f")), expected);
    rmSync(path);
    await downloadFile(environment, "f", path);
    assert.equal(statSync(path).size, size);
    assert.equal(await sha256Of(path), expected);
    assert.deepEqual(leftovers(local, remote), []);
  }

  it("moves files of awkward sizes both ways", async () => {
    for (const size of SIZES) await thereAndBack(size);
  });

  it("moves 256 MiB both ways", () => thereAndBack(256 * MIB));

  it("moves 2 GiB both ways", { skip: isLong ? false : "takes minutes: --long" }, () =>
    thereAndBack(2048 * MIB),
  );

  it("moves encrypted files both ways", async () => {
    await using encrypted = await connectDirectly({ protection: "encrypt" });
    await thereAndBack(16 * MIB + 1, await environmentOf(encrypted));
  });

  it("moves signed files both ways", async () => {
    await using signed = await connectDirectly({ protection: "sign" });
    await thereAndBack(16 * MIB + 1, await environmentOf(signed));
  });

  it("moves 10,000 small files both ways", async () => {
    const [from, to] = [join(local, "tree"), freshDirectory(join(local, "back"))];
    writeMany(from, 10_000);
    await env.tree.mkdir("tree");
    const plan = { localDirectory: from, pattern: "*", directory: "tree", recurse: true };
    const up = await uploadMany(env, planUpload(plan));
    assert.deepEqual([up.files, up.failures], [10_000, []]);
    const down = await downloadMany(env, planDownload(env.tree, { ...plan, localDirectory: to }));
    assert.deepEqual([down.files, down.failures], [10_000, []]);
    assert.deepEqual(differences(from, to), []);
    assert.deepEqual(differences(from, join(remote, "tree")), []);
  });

  it("stops at Ctrl-C on both sides, and nothing is left", async () => {
    const path = join(local, "abort");
    await writeNoise(path, 64 * MIB);
    await writeNoise(join(remote, "abort"), 64 * MIB);
    const reason = new DOMException("Ctrl-C", "AbortError");
    for (const direction of ["up", "down"] as const) {
      const controller = new AbortController();
      const progress = whenMoved(8 * MIB, () => controller.abort(reason));
      const moved = { ...env, signal: controller.signal, progress };
      const moving =
        direction === "up"
          ? uploadFile(moved, path, "up")
          : downloadFile(moved, "abort", join(local, "down"));
      await assert.rejects(moving, reason);
    }
    assert.deepEqual(readdirSync(remote), ["abort"]);
    assert.deepEqual(readdirSync(local), ["abort"]);
    await downloadFile(env, "abort", join(local, "after"));
    assert.equal(await sha256Of(join(local, "after")), await sha256Of(path));
  });

  it("lets the server place and fetch the data: what the wire shows", async () => {
    const size = 4 * MIB;
    await writeNoise(join(local, "f"), size);
    // From the start of the connection on: without it an iWARP stream cannot be read.
    const up = await operationsDuring(local, async () => {
      await using fresh = await connectDirectly(PLAIN);
      await uploadFile(await environmentOf(fresh), join(local, "f"), "f");
    });
    const down = await operationsDuring(local, async () => {
      await using fresh = await connectDirectly(PLAIN);
      await downloadFile(await environmentOf(fresh), "f", join(local, "f.back"));
    });
    console.log(`put of 4 MiB: ${JSON.stringify(up)}, get: ${JSON.stringify(down)}`);
    assert.ok(up.readBytes >= size && up.writeBytes < MIB, JSON.stringify(up));
    assert.ok(down.writeBytes >= size && down.readBytes < MIB, JSON.stringify(down));
    assert.ok(up.sends < 400 && down.sends < 400, JSON.stringify({ up, down }));
    assert.equal(await sha256Of(join(local, "f.back")), await sha256Of(join(local, "f")));
  });

  it("also where all is encrypted, by a transform", async () => {
    const size = 4 * MIB;
    await writeNoise(join(local, "f"), size);
    const both = await operationsDuring(local, async () => {
      await using fresh = await connectDirectly({ protection: "encrypt" });
      const encrypted = await environmentOf(fresh);
      await uploadFile(encrypted, join(local, "f"), "f");
      await downloadFile(encrypted, "f", join(local, "f.back"));
    });
    console.log(`put and get of 4 MiB, encrypted: ${JSON.stringify(both)}`);
    assert.ok(both.readBytes >= size && both.writeBytes >= size, JSON.stringify(both));
    assert.equal(await sha256Of(join(local, "f.back")), await sha256Of(join(local, "f")));
  });

  it("and what the device counts", {
    skip: peer.rdma === "rxe" ? false : "siw counts nothing",
  }, async () => {
    const size = 64 * MIB;
    const [before, bytesBefore] = [deviceCounters("rcli0"), interfaceBytes("cli0")];
    await thereAndBack(size);
    const [now, bytesNow] = [deviceCounters("rcli0"), interfaceBytes("cli0")];
    const rise = Object.fromEntries(
      Object.entries(now)
        .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
        .filter(([, value]) => value !== 0),
    );
    const sent = bytesNow.sent - bytesBefore.sent;
    const received = bytesNow.received - bytesBefore.received;
    console.log(`64 MiB each way: ${JSON.stringify({ ...rise, sent, received })}`);
    assert.ok(sent > size && received > size);
    assert.ok((rise["rdma_sends"] ?? rise["sent_sends"] ?? 0) < 2000, JSON.stringify(rise));
  });
});
