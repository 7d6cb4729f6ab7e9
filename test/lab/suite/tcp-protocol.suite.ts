import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import type { ConnectOptions } from "../../../src/connect.ts";
import {
  AccessMask,
  AuthenticationError,
  CipherId,
  CreateDisposition,
  Dialect,
  dialectName,
  NtStatus,
  SigningAlgorithmId,
  SmbClient,
  type Tree,
  UnsupportedError,
} from "../../../src/core/index.ts";
import { defaultTransports } from "../../../src/transports/index.ts";
import {
  changesIn,
  download,
  exerciseShare,
  hasStatus,
  names,
  noise,
  openDirectory,
  sha256,
} from "../../integration/protocol-exercise.ts";
import { connectToPeer, diskOf, emptyShare, giveToUser, peer } from "../support/peer.ts";

const DIALECTS = [Dialect.SMB_2_1, Dialect.SMB_3_0, Dialect.SMB_3_0_2, Dialect.SMB_3_1_1];
const CIPHERS = [
  [CipherId.AES_128_GCM, "AES-128-GCM"],
  [CipherId.AES_128_CCM, "AES-128-CCM"],
  [CipherId.AES_256_GCM, "AES-256-GCM"],
  [CipherId.AES_256_CCM, "AES-256-CCM"],
] as const;

const disk = diskOf(peer.share);

/** Connects, does everything that is to be done with files, and leaves. */
async function run(options: ConnectOptions, check: (client: SmbClient) => void): Promise<void> {
  await using client = await connectToPeer(options);
  check(client);
  await exerciseShare(await client.connectTree(peer.share), disk);
}

describe("ksmbd over TCP: what is agreed on", () => {
  beforeEach(() => emptyShare());

  for (const dialect of DIALECTS) {
    for (const protection of ["off", "sign", "encrypt"] as const) {
      it(`dialect ${dialectName(dialect)}, protection ${protection}`, async () => {
        const options = { minDialect: dialect, maxDialect: dialect, protection };
        if (protection === "encrypt" && dialect < Dialect.SMB_3_0) {
          await assert.rejects(connectToPeer(options), UnsupportedError);
          return;
        }
        await run(options, ({ connection, session }) => {
          assert.equal(connection.dialect, dialect);
          assert.equal(session.isEncrypted, protection === "encrypt");
          assert.equal(session.isSigned, protection !== "off");
        });
      });
    }
  }

  for (const [cipher, name] of CIPHERS) {
    it(`encrypted with ${name}`, () =>
      run({ ciphers: [cipher], protection: "encrypt" }, ({ connection, session }) => {
        assert.equal(connection.cipher, name);
        assert.equal(session.isEncrypted, true);
      }));
  }

  for (const signer of [SigningAlgorithmId.AES_CMAC, SigningAlgorithmId.AES_GMAC]) {
    it(`signed, ${signer === SigningAlgorithmId.AES_GMAC ? "AES-GMAC" : "AES-CMAC"} offered`, () =>
      run({ signingAlgorithms: [signer] }, ({ connection, session }) => {
        // A server that does not know what was offered signs with AES-CMAC ([MS-SMB2] 3.3.5.4).
        assert.match(connection.signingAlgorithm ?? "", /^AES-128-[CG]MAC$/);
        assert.equal(session.isSigned, true);
      }));
  }

  it("dialect 2.0.2 is refused, with a reason", async () => {
    const only = { minDialect: Dialect.SMB_2_0_2, maxDialect: Dialect.SMB_2_0_2 };
    await assert.rejects(connectToPeer(only), UnsupportedError);
  });

  it("IPv6", async () => {
    await using client = await connectToPeer({ host: peer.host6 });
    await exerciseShare(await client.connectTree(peer.share), disk);
  });
});

describe("ksmbd over TCP: who may do what", () => {
  beforeEach(() => emptyShare());

  it("a wrong password and an unknown user are refused", async () => {
    await assert.rejects(connectToPeer({ password: "wrong" }), AuthenticationError);
  });

  it("a guest sees the public share and not the other", async () => {
    emptyShare(peer.publicShare);
    await using client = await connectAsGuest();
    const tree = await client.connectTree(peer.publicShare);
    writeFileSync(join(diskOf(peer.publicShare), "hello"), "hello");
    assert.deepEqual(await names(tree, ""), ["hello"]);
    assert.equal(Buffer.from(await download(tree, "hello")).toString(), "hello");
    await assert.rejects(client.connectTree(peer.share), /NT_STATUS_/);
  });

  it("lists its shares and tells its name", async () => {
    await using client = await connectToPeer();
    const shares = await client.listShares();
    const found = shares.map(({ name }) => name.toLowerCase()).toSorted();
    assert.deepEqual(found, ["data", "ipc$", "public"]);
  });

  it("a share that is not there", async () => {
    await using client = await connectToPeer();
    // Its signature covers two bodies of which one is sent: not to be believed, but told.
    await assert.rejects(client.connectTree("nosuch"), /NT_STATUS_BAD_NETWORK_NAME/);
  });

  it("a user takes another one's place", async () => {
    await using client = await connectToPeer();
    const { username, password } = peer;
    await client.connectTree(peer.share);
    // Linux 7.3: LOGOFF of a session takes its connection's state back to before any logon.
    await client.logon({ kind: "password", username, domain: "", password });
    const tree = await client.connectTree(peer.share);
    await names(tree, "");
  });
});

describe("ksmbd over TCP: directories and names", () => {
  beforeEach(() => emptyShare());

  it("lists a directory of 5,000 entries whole", async () => {
    mkdirSync(join(disk, "many"));
    const expected = Array.from({ length: 5000 }, (_, index) => `entry-${index}-${"x".repeat(60)}`);
    for (const name of expected) writeFileSync(join(disk, "many", name), "");
    await using client = await connectToPeer();
    const tree = await client.connectTree(peer.share);
    assert.deepEqual(await names(tree, "many"), expected.toSorted());
    assert.deepEqual(await namesMatching(tree, "many", "entry-4999-*"), [expected[4999]]);
  });

  it("renames, replaces, refuses", async () => {
    await using client = await connectToPeer();
    const tree = await client.connectTree(peer.share);
    for (const name of ["a", "b"]) writeShared(name);
    await hasStatus(tree.rename("a", "b"), NtStatus.OBJECT_NAME_COLLISION);
    await tree.rename("a", "b", { replace: true });
    assert.deepEqual(await names(tree, ""), ["b"]);
    await hasStatus(tree.rename("nosuch", "x"), NtStatus.OBJECT_NAME_NOT_FOUND);
    // Others tell that the path is missing.
    await hasStatus(tree.stat("nosuch\\x"), NtStatus.OBJECT_NAME_NOT_FOUND);
    await hasStatus(tree.mkdir("b"), NtStatus.OBJECT_NAME_COLLISION);
    await hasStatus(tree.rmdir("b"), NtStatus.NOT_A_DIRECTORY);
    await tree.mkdir("d");
    await hasStatus(tree.unlink("d"), NtStatus.FILE_IS_A_DIRECTORY);
    await hasStatus(
      tree.openFile("d", { access: AccessMask.READ_DATA }),
      NtStatus.FILE_IS_A_DIRECTORY,
    );
  });

  it("a file that somebody holds for himself", async () => {
    await using first = await connectToPeer();
    await using second = await connectToPeer();
    const [tree, other] = [
      await first.connectTree(peer.share),
      await second.connectTree(peer.share),
    ];
    await using _held = await tree.openFile("mine", {
      access: AccessMask.READ_DATA | AccessMask.WRITE_DATA,
      disposition: CreateDisposition.CREATE,
      shareAccess: 0,
    });
    const opening = other.openFile("mine", { access: AccessMask.READ_DATA });
    await hasStatus(opening, NtStatus.SHARING_VIOLATION);
  });

  it("tells of changes in a directory, and of none after a cancel", async () => {
    await using client = await connectToPeer();
    const tree = await client.connectTree(peer.share);
    await using directory = await openDirectory(tree, "");
    const abort = new AbortController();
    const waiting = changesIn(directory, abort.signal);
    const settled = Promise.allSettled([waiting]);
    await client.connection.echo();
    abort.abort(new Error("enough"));
    const [result] = await settled;
    // ksmbd of Linux 7.3 has no change notification: it refuses at once, and a later one may wait.
    assert.equal(result?.status, "rejected");
    await exerciseShare(await client.connectTree(peer.share), disk);
  });

  it("200 requests at once on one file", async () => {
    const data = noise(2_000_000, 3);
    writeFileSync(join(disk, "many.bin"), data);
    await using client = await connectToPeer();
    const tree = await client.connectTree(peer.share);
    await using file = await tree.openFile("many.bin", { access: AccessMask.READ_DATA });
    const reads = Array.from({ length: 200 }, async (_, index) => {
      const into = new Uint8Array(100_000);
      const offset = index * 9_000;
      const count = await file.read(into, offset);
      assert.equal(sha256(into.subarray(0, count)), sha256(data.subarray(offset, offset + count)));
    });
    const stats = Array.from({ length: 200 }, () => tree.stat("many.bin"));
    await Promise.all(reads);
    assert.ok((await Promise.all(stats)).every(({ size }) => size === data.length));
  });
});

function writeShared(name: string): void {
  writeFileSync(join(disk, name), name);
  giveToUser(join(disk, name));
}

async function namesMatching(tree: Tree, directory: string, pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of tree.list(directory, { pattern })) {
    found.push(...batch.map(({ name }) => name));
  }
  return found;
}

function connectAsGuest(): Promise<SmbClient> {
  return SmbClient.connect(
    { host: peer.host },
    {
      transports: defaultTransports(),
      order: [{ kind: "tcp" }],
      credentials: { kind: "guest", username: "nobody", domain: "" },
      protection: "off",
    },
  );
}
