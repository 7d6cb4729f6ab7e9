import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HostileRelay } from "../support/hostile-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { connectTo, download, noise } from "./protocol-exercise.ts";

/** The NetBIOS session keep-alive (RFC 1002 4.3.7), which has no place in direct TCP. */
const KEEP_ALIVE = Uint8Array.of(0x85, 0, 0, 0);
const SIZE = 3 * 1024 * 1024 + 4321;

describe("a real server with the habits of others", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba();
    writeFileSync(join(samba.sharePath("share"), "data.bin"), noise(SIZE));
  });
  after(() => samba.stop());

  it("may send NetBIOS keep-alives over direct TCP, from the start and amid a transfer", async () => {
    const { host, port } = samba;
    let sent = 0;
    await using relay = await HostileRelay.start({
      host,
      port,
      reply(message, _, { client }) {
        client.write(KEEP_ALIVE);
        sent += 1;
        return message;
      },
    });
    await using client = await connectTo(samba, { order: [{ kind: "tcp", port: relay.port }] });
    const tree = await client.connectTree("share");
    assert.deepEqual(Buffer.from(await download(tree, "data.bin")), Buffer.from(noise(SIZE)));
    assert.ok(sent > 6, `${sent} keep-alives`);
  });
});
