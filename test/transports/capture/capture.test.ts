import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Transport, TransportFactory } from "../../../src/core/transport.ts";
import { captureTo } from "../../../src/transports/capture/capture.ts";
import { MemoryTransport } from "../../../src/transports/memory/memory-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { bytesOf, describeTransport } from "../../compliance/transport.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "smbx-capture-"));
});
after(() => rmSync(folder, { recursive: true }));

/** A wire inside this process that claims to lead to `remoteAddress`. */
function wireTo(remoteAddress: string, accept: (server: Transport) => void): TransportFactory {
  return {
    kind: "tcp",
    defaultPort: 445,
    unavailable: () => undefined,
    async dial(_target, { signal }) {
      signal.throwIfAborted();
      const [client, server] = MemoryTransport.pair();
      accept(server);
      return Object.assign(client, { remoteAddress });
    },
  };
}

async function record(remoteAddress: string): Promise<{
  client: Transport;
  server: Transport;
  path: string;
  close: () => void;
}> {
  const path = join(folder, `${remoteAddress.replace(/\W/g, "_")}.pcap`);
  const capture = captureTo(path);
  const accepted: Transport[] = [];
  const [factory] = capture.wrap([wireTo(remoteAddress, (server) => accepted.push(server))]);
  const client = await factory?.dial({ host: "nas" }, { signal: new AbortController().signal });
  return {
    client: client as Transport,
    server: accepted[0] as Transport,
    path,
    close: () => capture.close(),
  };
}

/** An SMB2 header of a command, with a body of `length` bytes ([MS-SMB2] 2.2.1.2). */
function smb2(
  command: number,
  isResponse: boolean,
  messageId: number,
  body: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(64 + body.length);
  const view = new DataView(message.buffer);
  message.set([0xfe, 0x53, 0x4d, 0x42, 64, 0, 1, 0]);
  view.setUint16(12, command, true);
  view.setUint16(14, 1, true);
  view.setUint32(16, isResponse ? 1 : 0, true);
  view.setUint32(24, messageId, true);
  message.set(body, 64);
  return message;
}

interface Packet {
  readonly ip: Buffer;
  readonly tcp: Buffer;
  readonly payload: Buffer;
}

/** The packets of a pcap file, after checking its headers. */
function packetsOf(path: string): Packet[] {
  const file = readFileSync(path);
  assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
  assert.equal(file.readUInt32LE(20), 101);
  const packets: Packet[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    assert.equal(file.readUInt32LE(at + 12), length);
    assert.ok(length <= file.readUInt32LE(16));
    const packet = file.subarray(at + 16, at + 16 + length);
    const isIpv4 = (packet[0] ?? 0) >> 4 === 4;
    const ipLength = isIpv4 ? 20 : 40;
    const said = isIpv4 ? packet.readUInt16BE(2) : packet.readUInt16BE(4) + 40;
    assert.equal(said, length);
    packets.push({
      ip: packet.subarray(0, ipLength),
      tcp: packet.subarray(ipLength, ipLength + 20),
      payload: packet.subarray(ipLength + 20),
    });
    at += 16 + length;
  }
  return packets;
}

/** The bytes that one end sent, put together by their sequence numbers. */
function streamFrom(packets: readonly Packet[], isServer: boolean): Buffer {
  const mine = packets.filter(({ tcp }) => (tcp.readUInt16BE(0) === 445) === isServer);
  let expected = 1;
  for (const { tcp, payload } of mine.filter((each) => each.payload.length > 0)) {
    assert.equal(tcp.readUInt32BE(4), expected);
    expected += payload.length;
  }
  return Buffer.concat(mine.map(({ payload }) => payload));
}

describe("captureTo", () => {
  it("records both directions as two streams of frames", async () => {
    const { client, server, path, close } = await record("192.0.2.9:1445");
    const atServer = new Recorder();
    const atClient = new Recorder();
    server.start(atServer);
    client.start(atClient);
    const large = bytesOf(300_000, 1);
    await client.send([bytesOf(100, 2), large]);
    await server.send([bytesOf(9, 3)]);
    assert.deepEqual(await atClient.next(), bytesOf(9, 3));
    await client.close();
    close();
    assert.deepEqual(atClient.closures, [undefined]);

    const packets = packetsOf(path);
    const length = 300_100;
    const prefix = Uint8Array.of(0, length >> 16, (length >> 8) & 255, length & 255);
    const sent = Buffer.concat([prefix, bytesOf(100, 2), large]);
    assert.ok(streamFrom(packets, false).equals(sent));
    assert.ok(streamFrom(packets, true).equals(Buffer.from([0, 0, 0, 9, ...bytesOf(9, 3)])));
    assert.deepEqual([...(packets[0]?.ip.subarray(16) ?? [])], [192, 0, 2, 9]);
    assert.deepEqual(
      [packets.at(0), packets.at(1), packets.at(-2), packets.at(-1)].map((each) => each?.tcp[13]),
      [0x02, 0x12, 0x11, 0x11],
    );
  });

  it("writes IPv6 headers for IPv6 peers, zones and embedded IPv4 addresses included", async () => {
    for (const [remote, hex] of [
      ["[2001:db8::7]:445", "20010db8000000000000000000000007"],
      ["[fe80::1%eth0]:445", "fe800000000000000000000000000001"],
      ["[::ffff:192.0.2.1]:445", "00000000000000000000ffffc0000201"],
      ["[::]:445", "00000000000000000000000000000000"],
    ] as const) {
      const { client, path, close } = await record(remote);
      await client.close();
      close();
      assert.equal(packetsOf(path)[0]?.ip.subarray(24).toString("hex"), hex);
    }
  });

  it("makes an address up where the peer has none", async () => {
    const { client, path, close } = await record("memory");
    await client.close();
    close();
    assert.deepEqual([...(packetsOf(path)[0]?.ip.subarray(16) ?? [])], [192, 0, 2, 2]);
  });

  it("is readable by its owner only, and closes twice", async () => {
    const { client, path, close } = await record("192.0.2.8:445");
    assert.equal(statSync(path).mode & 0o077, 0);
    close();
    close();
    await client.close();
  });

  it("fails at once where the file cannot be created", () => {
    assert.throws(() => captureTo(join(folder, "none", "x.pcap")), { code: "ENOENT" });
  });

  it("says of a wire what the wire says of itself", () => {
    const capture = captureTo(join(folder, "same.pcap"));
    const [wrapped] = capture.wrap([
      {
        ...wireTo("x", () => undefined),
        unavailable: () => "not here",
        unsuitable: ({ host }) => `not ${host}`,
      },
    ]);
    assert.equal(wrapped?.unavailable(), "not here");
    assert.equal(wrapped?.unsuitable?.({ host: "nas" }), "not nas");
    capture.close();
  });

  const tshark = spawnSync("tshark", ["--version"]).status === 0;
  it("is understood by Wireshark", {
    skip: tshark ? false : "tshark is not installed",
  }, async () => {
    const { client, server, path, close } = await record("192.0.2.10:445");
    const atServer = new Recorder();
    server.start(atServer);
    client.start(new Recorder());
    const echo = Uint8Array.of(4, 0, 0, 0);
    await client.send([smb2(13, false, 1, echo)]);
    await server.send([smb2(13, true, 1, echo)]);
    const write = new Uint8Array(48);
    write.set([49, 0, 112, 0, 0, 0, 0x10, 0]);
    await client.send([smb2(9, false, 2, write), bytesOf(1 << 20, 1)]);
    await client.send([smb2(13, false, 3, echo)]);
    await client.close();
    close();
    const fields = ["-T", "fields", "-e", "smb2.cmd", "-e", "nbss.length"];
    const { stdout } = spawnSync("tshark", ["-r", path, "-Y", "smb2", ...fields], {
      encoding: "utf8",
    });
    assert.deepEqual(stdout.trim().split("\n"), ["13\t68", "13\t68", "9\t1048688", "13\t68"]);
  });
});

describeTransport("a recorded wire", async (signal) => {
  const accepted: Transport[] = [];
  const capture = captureTo(join(folder, "compliance.pcap"));
  const [factory] = capture.wrap([wireTo("192.0.2.1:445", (server) => accepted.push(server))]);
  const client = (await factory?.dial({ host: "nas" }, { signal })) as Transport;
  return [client, accepted[0] as Transport];
});
