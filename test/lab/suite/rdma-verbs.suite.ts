import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  encodeIwarpDepths,
  Opcode,
  type RdmaConnection,
  verbs,
} from "../../../packages/rdma-verbs-napi/lib/index.ts";
// The package's own tests of a device, between two queue pairs of this side.
import "../../../packages/rdma-verbs-napi/test/device.test.ts";
import { Collector } from "../../../packages/rdma-verbs-napi/test/support.ts";
import { reviveDevices, setLink } from "../support/links.ts";

const port = Number(process.env["LAB_RDMA_PORT"]);
const links = Number(process.env["LAB_LINKS"]);

/** [MS-SMBD] 2.2.1: version 1.0, 255 credits, and the sizes of the kernel's own client. */
function negotiateRequest(into: Uint8Array): number {
  const view = new DataView(into.buffer, into.byteOffset, 20);
  view.setUint16(0, 0x0100, true);
  view.setUint16(2, 0x0100, true);
  view.setUint16(6, 255, true);
  view.setUint32(8, 1364, true);
  view.setUint32(12, 1364, true);
  view.setUint32(16, 173_910, true);
  return 20;
}

function connect(link: number): Promise<RdmaConnection> {
  return verbs.connect({
    ...{ address: `10.77.${link}.1`, port },
    receiveBuffers: { size: 1364, count: 16 },
    sendBuffers: { size: 1364, count: 16 },
    privateData: ({ transport }) =>
      transport === "iwarp"
        ? encodeIwarpDepths({ responderResources: 32, initiatorDepth: 1 })
        : new Uint8Array(),
  });
}

describe("verbs and the kernel's SMB Direct server", () => {
  it("talk to each other over the link", async () => {
    const connection = await connect(0);
    const collector = new Collector(connection);
    assert.ok(connection.device.ports.some(({ netdevs }) => netdevs.includes("cli0")));
    connection.postSend(7, 0, negotiateRequest(connection.sendBuffers.slot(0)));
    connection.submit();
    const ended = await collector.until(2);
    const answer = ended.find(({ opcode }) => opcode === Opcode.RECEIVE);
    assert.equal(answer?.bytes, 32);
    const slot = connection.receiveBuffers.slot(answer?.id ?? 0);
    const view = new DataView(slot.buffer, slot.byteOffset, 32);
    assert.equal(view.getUint16(4, true), 0x0100, "negotiated version");
    assert.equal(view.getUint32(12, true), 0, "status");
    await connection.close();
    assert.equal(await collector.closed, undefined);
  });

  const skip = links < 2 ? "only with two links" : false;
  it("hear of a link that goes down", { skip }, async () => {
    const connection = await connect(1);
    const collector = new Collector(connection);
    try {
      setLink(1, "down");
      for (let waited = 0; waited < 100 && collector.events.length === 0; waited += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(collector.events.includes("port-error"), collector.events.join());
      if (connection.device.transport !== "iwarp") {
        connection.postSend(1, 0, negotiateRequest(connection.sendBuffers.slot(0)));
        connection.submit();
        const error = await collector.closed;
        // Soft-RoCE cannot even send, and flushes; others try again in vain.
        assert.equal(error?.kind, "completion");
      }
    } finally {
      setLink(1, "up");
      await connection.close();
      reviveDevices(1);
    }
  });
});
