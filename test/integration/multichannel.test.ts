import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SmbClient } from "../../src/core/client.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { File } from "../../src/core/file/file.ts";
import { writeSmallFile } from "../../src/core/file/small-write.ts";
import { openChannel } from "../../src/core/multichannel/open-channel.ts";
import { AccessMask, CreateDisposition, Dialect } from "../../src/core/smb2/constants.ts";
import type { Tree } from "../../src/core/tree/tree.ts";
import { defaultTransports } from "../../src/transports/index.ts";
import { FaultRelay } from "../support/fault-relay.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { readShared, type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { readWhole, writeWhole } from "../support/whole-file.ts";

const SIZE = 48 * 1024 * 1024;
const PAYLOAD = randomBytes(SIZE);
const PAYLOAD_HASH = hashOf(PAYLOAD);

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("a session with four connections to smbd", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba({ global: { "server multi channel support": "yes" } });
  });
  after(() => samba.stop());

  /** A client with `count` connections through a relay that can cut them. */
  async function connected(
    relay: FaultRelay,
    count: number,
    options: { readonly maxDialect: Dialect; readonly protection: "sign" | "encrypt" },
  ): Promise<SmbClient> {
    const target = { host: "127.0.0.1", port: relay.port };
    const transports = defaultTransports();
    const { username, password } = samba;
    const client = await SmbClient.connect(target, {
      ...options,
      transports,
      order: [{ kind: "tcp" }],
      multichannel: { connections: "auto" },
      credentials: { kind: "password", username, domain: "", password },
    });
    const settings = { target, transports, clock: systemClock };
    const route = { kind: "tcp", address: "127.0.0.1", port: relay.port } as const;
    const { signal } = new AbortController();
    while (client.session.channels.length < count)
      await openChannel(client.session, route, settings, signal);
    return client;
  }

  const write = (file: File, onPiece?: (done: number) => void): Promise<void> =>
    writeWhole(file, PAYLOAD, onPiece);

  async function readBack(file: File, onPiece?: (done: number) => void): Promise<string> {
    return hashOf(await readWhole(file, SIZE, onPiece));
  }

  const create = {
    access: AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES,
    disposition: CreateDisposition.OVERWRITE_IF,
  };
  for (const [name, maxDialect, protection] of [
    ["3.0, signed", Dialect.SMB_3_0, "sign"],
    ["3.0, encrypted", Dialect.SMB_3_0, "encrypt"],
    ["3.0.2, signed", Dialect.SMB_3_0_2, "sign"],
    ["3.0.2, encrypted", Dialect.SMB_3_0_2, "encrypt"],
    ["3.1.1, signed", Dialect.SMB_3_1_1, "sign"],
    ["3.1.1, encrypted", Dialect.SMB_3_1_1, "encrypt"],
  ] as const) {
    it(`moves every byte while all but the last one are cut: ${name}`, async () => {
      await using relay = await FaultRelay.start(samba.port);
      await using client = await connected(relay, 4, { maxDialect, protection });
      const tree = await client.connectTree("share");
      const cutFirst = (): void => relay.connections.find(({ isOpen }) => isOpen)?.cut();
      const cuts = [SIZE / 4, SIZE / 2, (SIZE / 4) * 3];
      let before: readonly number[] = [];
      const file = await tree.openFile("f.bin", create);
      // The first connection, the second and the third, in the middle of the transfer.
      await write(file, (done) => {
        if (done >= (cuts[0] ?? Number.POSITIVE_INFINITY)) {
          cuts.shift();
          if (before.length === 0) before = relay.connections.map(({ bytes }) => bytes);
          cutFirst();
        }
      });
      await file.close();
      assert.equal(client.connection.dialect, maxDialect);
      assert.equal(client.session.isEncrypted, protection === "encrypt");
      assert.equal(before.length, 4);
      for (const bytes of before) assert.ok(bytes > SIZE / 100, `all have carried some: ${before}`);
      assert.equal(hashOf(readShared(samba, "share", "f.bin")), PAYLOAD_HASH);
      assert.equal(client.session.channels.length, 1);
      const reading = await tree.openFile("f.bin", { access: AccessMask.READ_DATA });
      assert.equal(await readBack(reading), PAYLOAD_HASH);
    });
  }

  it("shares the work among them, and reads on when one is cut", async () => {
    await using relay = await FaultRelay.start(samba.port);
    const settings = { maxDialect: Dialect.SMB_3_1_1, protection: "sign" } as const;
    await using client = await connected(relay, 4, settings);
    const tree = await client.connectTree("share");
    const file = await tree.openFile("g.bin", create);
    await write(file);
    await file.close();
    for (const { bytes } of relay.connections) assert.ok(bytes > SIZE / 16, `${bytes}`);
    const reading = await tree.openFile("g.bin", { access: AccessMask.READ_DATA });
    let isCut = false;
    const hash = await readBack(reading, (done) => {
      if (isCut || done < SIZE / 2) return;
      isCut = true;
      relay.connections[0]?.cut();
    });
    assert.equal(hash, PAYLOAD_HASH);
    assert.equal(client.session.channels.length, 3);
  });

  /** What the server does before the answer is lost with its channel, and what shows that it did. */
  const lost: readonly {
    readonly what: string;
    /** Answers that come before the one that is lost. */
    readonly answers: number;
    prepare(share: string): void;
    run(tree: Tree): Promise<unknown>;
    isDone(share: string): boolean;
    readonly names: readonly string[];
  }[] = [
    {
      what: "a directory that may be there already",
      answers: 0,
      prepare: () => {},
      run: (tree) => tree.mkdir("lost\\new", { mayExist: true }),
      isDone: (share) => existsSync(join(share, "new")),
      names: ["new"],
    },
    {
      what: "the removal of a file",
      answers: 0,
      prepare: (share) => writeFileSync(join(share, "old"), "old"),
      run: (tree) => tree.unlink("lost\\old"),
      isDone: (share) => !existsSync(join(share, "old")),
      names: [],
    },
    {
      what: "the removal of a directory",
      answers: 0,
      prepare: (share) => mkdirSync(join(share, "old")),
      run: (tree) => tree.rmdir("lost\\old"),
      isDone: (share) => !existsSync(join(share, "old")),
      names: [],
    },
    {
      what: "a new name",
      answers: 1,
      prepare: (share) => writeFileSync(join(share, "old"), "old"),
      run: (tree) => tree.rename("lost\\old", "lost\\new"),
      isDone: (share) => existsSync(join(share, "new")),
      names: ["new"],
    },
    {
      what: "a new name of a directory, replacing nothing",
      answers: 1,
      prepare: (share) => mkdirSync(join(share, "old")),
      run: (tree) => tree.rename("lost\\old", "lost\\new", { replace: true }),
      isDone: (share) => existsSync(join(share, "new")),
      names: ["new"],
    },
    {
      what: "a small file that was made and closed",
      answers: 0,
      prepare: () => {},
      run: (tree) =>
        writeSmallFile(tree, {
          path: "lost\\new",
          temporaryPath: "lost\\new.part",
          data: Buffer.from("content"),
        }),
      isDone: (share) => existsSync(join(share, "new")),
      names: ["new=content"],
    },
  ];
  for (const { what, answers, prepare, run, isDone, names } of lost) {
    it(`does not lose sight of ${what} when the answer is lost`, async () => {
      await using relay = await FaultRelay.start(samba.port);
      const settings = { maxDialect: Dialect.SMB_3_1_1, protection: "sign" } as const;
      await using client = await connected(relay, 2, settings);
      const tree = await client.connectTree("share");
      const share = join(samba.sharePath("share"), "lost");
      rmSync(share, { recursive: true, force: true });
      mkdirSync(share);
      prepare(share);
      relay.connections[0]?.muteAfter(answers);
      const running = run(tree);
      running.catch(() => {});
      await until(() => isDone(share));
      relay.connections[0]?.cut();
      await running;
      const found = readdirSync(share, { withFileTypes: true }).map((entry) => {
        const content = entry.isFile() ? readFileSync(join(share, entry.name), "utf8") : "";
        return content === "content" ? `${entry.name}=content` : entry.name;
      });
      assert.deepEqual(found, names);
      assert.equal(client.session.channels.length, 1);
    });
  }

  it("says so when the last one is cut", async () => {
    await using relay = await FaultRelay.start(samba.port);
    const settings = { maxDialect: Dialect.SMB_3_1_1, protection: "sign" } as const;
    await using client = await connected(relay, 3, settings);
    const tree = await client.connectTree("share");
    const file = await tree.openFile("h.bin", create);
    const writing = write(file, (done) => {
      if (done < SIZE / 2) return;
      for (const connection of relay.connections) connection.cut();
    });
    await assert.rejects(writing, /connection|closed|reset/i);
    assert.equal(client.session.isClosed, true);
  });
});

/** Looks again and again, in the order of milliseconds: another process is at work. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > deadline) assert.fail("it never happened");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
