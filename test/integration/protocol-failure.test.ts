import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { after, before, describe, it } from "node:test";
import { type SmbClient, SmbError, TimeoutError, type Tree } from "../../src/core/index.ts";
import { framed, HostileRelay } from "../support/hostile-relay.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { notOverQuic } from "../support/wire.ts";
import { connectTo, download, names, noise, openToWrite, upload } from "./protocol-exercise.ts";

const TIMEOUT_MS = 1500;

/** Files in both directions, small requests and a queue for credits, all at once and without end. */
function keepBusy(tree: Tree, data: Uint8Array): Promise<PromiseSettledResult<unknown>[]> {
  const forever = async (work: () => Promise<unknown>): Promise<never> => {
    for (;;) await work();
  };
  return Promise.allSettled([
    forever(() => download(tree, "big.bin")),
    forever(() => upload(tree, "up.bin", data)),
    forever(() => names(tree, "")),
    forever(() => Promise.all(Array.from({ length: 30 }, () => tree.stat("big.bin")))),
    forever(() => tree.session.connection.echo()),
  ]);
}

async function inTransfer(
  interrupt: (samba: Samba, client: SmbClient) => Promise<unknown> | unknown,
): Promise<readonly unknown[]> {
  await using samba = await startSamba();
  const client = await connectTo(samba, { timeoutMs: TIMEOUT_MS });
  const tree = await client.connectTree("share");
  const data = noise(8 * 1024 * 1024);
  await upload(tree, "big.bin", data);
  const busy = keepBusy(tree, data);
  await download(tree, "big.bin");
  await interrupt(samba, client);
  const started = performance.now();
  const results = await busy;
  assert.ok(performance.now() - started < PATIENCE_MS, "all promises settle soon");
  assert.equal(client.connection.isClosed, true);
  assert.ok((await client.connection.closed) instanceof Error);
  await assert.rejects(tree.stat("big.bin"), SmbError);
  await client.close();
  return results.map((result) => (result.status === "rejected" ? result.reason : undefined));
}

describe("a real server that fails in the middle", { skip: sambaUnavailable() ?? false }, () => {
  it("by being killed", async () => {
    const errors = await inTransfer((samba) => samba.signal("SIGKILL"));
    for (const error of errors) {
      assert.ok(error instanceof SmbError, String(error));
      assert.equal(error.code, "ERR_SMB_TRANSPORT_CLOSED", error.message);
    }
  });

  it("by falling silent", async () => {
    const errors = await inTransfer((samba) => samba.signal("SIGSTOP"));
    for (const error of errors) {
      assert.ok(error instanceof TimeoutError, String(error));
      assert.match(error.message, /silent/);
    }
  });

  it("by our own leaving", async () => {
    await using samba = await startSamba();
    const client = await connectTo(samba, { timeoutMs: TIMEOUT_MS });
    const tree = await client.connectTree("share");
    const data = noise(4 * 1024 * 1024);
    await upload(tree, "big.bin", data);
    const busy = keepBusy(tree, data);
    await download(tree, "big.bin");
    await client.close();
    for (const result of await busy) {
      assert.ok(result.status === "rejected");
      assert.ok(result.reason instanceof SmbError, String(result.reason));
    }
    assert.equal(await client.connection.closed, undefined);
  });

  it("while it is stopped nothing is lost if it goes on in time", async () => {
    await using samba = await startSamba();
    await using client = await connectTo(samba, { timeoutMs: 20_000 });
    const tree = await client.connectTree("share");
    await using file = await openToWrite(tree, "x");
    samba.signal("SIGSTOP");
    const writing = file.write(noise(100_000), 0);
    samba.signal("SIGCONT");
    assert.equal(await writing, 100_000);
  });
});

describe("a connection that breaks while it is set up", {
  skip: sambaUnavailable() ?? notOverQuic("who breaks it stands in the way of TCP"),
}, () => {
  type Break = (reply: Uint8Array, client: Socket) => void;
  const BREAKS: readonly [string, Break][] = [
    ["a reset", (_, client) => client.resetAndDestroy()],
    ["an end", (_, client) => client.end()],
    ["half a message", (reply, client) => client.end(framed(reply).subarray(0, reply.length >> 1))],
    ["silence", () => {}],
  ];
  const steps = ["NEGOTIATE", "the first SESSION_SETUP", "the last SESSION_SETUP"];
  let samba: Samba;
  before(async () => {
    samba = await startSamba();
  });
  after(() => samba.stop());

  for (const [step, name] of steps.entries()) {
    for (const [how, breakOff] of BREAKS) {
      it(`${how} instead of the answer to ${name}`, async () => {
        await using relay = await HostileRelay.start({
          host: samba.host,
          port: samba.port,
          reply(message, index, { client }) {
            if (index !== step) return message;
            breakOff(message, client);
            return undefined;
          },
        });
        const started = performance.now();
        const order = [{ kind: "tcp", port: relay.port }] as const;
        const code = how === "silence" ? "ERR_SMB_TIMEOUT" : "ERR_SMB_TRANSPORT_CLOSED";
        await assert.rejects(connectTo(samba, { order, timeoutMs: TIMEOUT_MS }), {
          // Without an answer to NEGOTIATE the server counts as not reached.
          code: step === 0 ? "ERR_SMB_DIAL" : code,
        });
        assert.ok(performance.now() - started < PATIENCE_MS);
      });
    }
  }
});
