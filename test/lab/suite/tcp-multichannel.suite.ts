import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import type { SmbClient } from "../../../src/core/index.ts";
import { localInterfaces } from "../../../src/transports/index.ts";
import { exerciseShare } from "../../integration/protocol-exercise.ts";
import { connectionPorts, killConnection, setLink } from "../support/links.ts";
import { connectToPeer, diskOf, emptyShare, type PeerOptions, peer } from "../support/peer.ts";
import { interfaceBytes } from "../support/rdma-wire.ts";
import {
  environmentOf,
  freshDirectory,
  leftovers,
  MIB,
  sha256Of,
  whenMoved,
  writeNoise,
} from "../support/transfers.ts";

const remote = diskOf(peer.share);
const SIZE = 96 * MIB;

describe("multichannel to ksmbd over TCP", () => {
  let local: string;
  let source: string;
  let expected: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    source = join(local, "source");
    await writeNoise(source, SIZE);
    expected = await sha256Of(source);
  });
  after(() => rmSync(local, { recursive: true, force: true }));
  beforeEach(() => emptyShare());

  function connectWith(connections: "auto" | number, more: PeerOptions = {}): Promise<SmbClient> {
    return connectToPeer({
      multichannel: { connections, localInterfaces },
      timeoutMs: 8000,
      ...more,
    });
  }

  /** Moves the file up and down; `harm` happens in the middle of each. */
  async function thereAndBack(client: SmbClient, harm: (index: number) => void = () => {}) {
    const back = join(freshDirectory(join(local, "back")), "f");
    const up = await environmentOf(client, { progress: whenMoved(SIZE / 3, () => harm(0)) });
    await uploadFile(up, source, "f");
    assert.equal(await sha256Of(join(remote, "f")), expected);
    const down = await environmentOf(client, { progress: whenMoved(SIZE / 3, () => harm(1)) });
    await downloadFile(down, "f", back);
    assert.equal(await sha256Of(back), expected);
    assert.deepEqual(leftovers(remote, join(local, "back")), []);
  }

  it("opens four connections to each of the server's interfaces and uses them all", async () => {
    await using client = await connectWith("auto");
    await client.openChannels();
    const before = [0, 1, 2, 3].map((link) => interfaceBytes(`cli${link}`).sent);
    await thereAndBack(client);
    const channels = await client.channels();
    assert.equal(channels.length, 16, JSON.stringify(client.multichannel));
    for (const link of [0, 1, 2, 3]) {
      const sent = interfaceBytes(`cli${link}`).sent - (before[link] ?? 0);
      assert.ok(sent > SIZE / 16, `link ${link} carried ${sent} bytes`);
    }
    for (const { bytesSent } of channels) assert.ok(bytesSent > MIB, JSON.stringify(channels));
  });

  for (const protection of ["sign", "encrypt"] as const) {
    it(`four connections, ${protection}: everything that is done with files`, async () => {
      await using client = await connectWith(4, { protection });
      await client.openChannels();
      assert.equal((await client.channels()).length, 4);
      await exerciseShare(await client.connectTree(peer.share), remote);
    });
  }

  it("goes on where one of four connections is killed, in each direction", async () => {
    await using client = await connectWith(4);
    await client.openChannels();
    assert.equal(connectionPorts().length, 4);
    // The first one is that of the logon.
    await thereAndBack(client, (index) => killConnection(connectionPorts()[index] ?? 0));
  });

  it("goes on where three of four connections are killed one by one", async () => {
    await using client = await connectWith(4);
    await client.openChannels();
    const ports = connectionPorts();
    const kills = [SIZE / 8, SIZE / 4, SIZE / 2].map((bytes, index) =>
      whenMoved(bytes, () => killConnection(ports[index] ?? 0)),
    );
    const files = kills.map((each) => each.begin("f", SIZE));
    const progress = {
      ...whenMoved(SIZE, () => {}),
      begin: () => ({
        expect() {},
        skip() {},
        advance: (bytes: number) => {
          for (const each of files) each.advance(bytes);
        },
        done() {},
        failed() {},
      }),
    };
    await uploadFile(await environmentOf(client, { progress }), source, "f");
    assert.equal(await sha256Of(join(remote, "f")), expected);
  });

  it("goes on where a link falls silent", async () => {
    await using client = await connectWith("auto");
    await client.openChannels();
    try {
      await thereAndBack(client, (index) => setLink(index + 1, "down"));
    } finally {
      for (const link of [1, 2]) setLink(link, "up");
    }
  });
});
