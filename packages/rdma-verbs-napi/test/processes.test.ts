import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Access, RdmaError } from "../lib/index.ts";
import { testProvider } from "../lib/test-provider.ts";
import { BUFFERS, Collector, connectPair, fill } from "./support.ts";

const skip = testProvider.unavailable() ?? false;

function start(program: string, args: readonly string[] = [], flags: readonly string[] = []) {
  const path = fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url));
  return spawn(process.execPath, [...flags, "--import", "tsx", path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout !== null);
  let line = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    line += String(chunk);
    if (line.includes("\n")) break;
  }
  return line;
}

async function finish(child: ChildProcess): Promise<[code: number | null, output: string]> {
  assert.ok(child.stdout !== null && child.stderr !== null);
  const [[code], out, error] = await Promise.all([
    once(child, "exit"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return [code as number | null, `${out}${error}`];
}

describe("two processes over the test provider", { skip }, () => {
  it("reach each other's memory, and end together", async () => {
    const child = start("server");
    const port = Number(await firstLine(child));
    const client = await testProvider.connect({ address: "127.0.0.1", port, ...BUFFERS });
    const collector = new Collector(client);
    const access = Access.LOCAL_WRITE | Access.REMOTE_READ | Access.REMOTE_WRITE;
    const region = client.domain.register(fill(new Uint8Array(60_000)), access);
    const view = new DataView(client.sendBuffers.slot(0).buffer, 0, 16);
    view.setBigUint64(0, region.address + 8n);
    view.setUint32(8, region.remoteKey);
    view.setUint32(12, 50_000);
    client.postSend(1, 0, 16);
    client.submit();
    await collector.until(2);
    const expected = fill(new Uint8Array(60_000));
    for (let index = 8; index < 50_008; index += 1) expected[index] = (expected[index] ?? 0) ^ 0xff;
    assert.deepEqual(region.memory, expected);
    const finished = finish(child);
    await client.close();
    assert.deepEqual(await finished, [0, "closed in good order\n"]);
  });

  it("hear of it when the other is killed", async () => {
    const child = start("server");
    const port = Number(await firstLine(child));
    const client = await testProvider.connect({ address: "127.0.0.1", port, ...BUFFERS });
    const collector = new Collector(client);
    child.kill("SIGKILL");
    assert.equal(await collector.closed, undefined);
    assert.throws(() => {
      client.postSend(1, 0, 1);
      client.submit();
    }, RdmaError);
  });
});

describe("endings with everything open", { skip }, () => {
  for (const [how, status] of [
    ["exit", 7],
    ["unreferenced", 0],
    ["closed", 0],
    ["workers", 0],
  ] as const) {
    it(how, async () => {
      assert.deepEqual(await finish(start("endings", [how])), [status, ""]);
    });
  }

  it("by what a reader throws", async () => {
    const [code, output] = await finish(start("endings", ["thrown"]));
    assert.equal(code, 1);
    assert.match(output, /thrown by the reader/);
  });

  it("garbage collection", async () => {
    const child = start("collect", [], ["--expose-gc"]);
    assert.deepEqual(await finish(child), [0, "collected\n"]);
  });
});

const run = promisify(execFile);
/** Says something to a Unix socket until it is hung up on. Not in Node: not every libuv knows abstract names. */
const INTRUDER = `
import socket, sys
intruder = socket.socket(socket.AF_UNIX)
intruder.connect(bytes.fromhex(sys.argv[1]))
try:
    intruder.sendall(bytes.fromhex(sys.argv[2]))
    if sys.argv[3] == "leave":
        intruder.shutdown(socket.SHUT_WR)
    while intruder.recv(65536):
        pass
except OSError:
    pass
`;

describe("peers that are none", { skip }, () => {
  const header = (length: number, type: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(length, 0);
    bytes.writeUInt8(type, 4);
    return bytes;
  };
  const hello = (magic: bigint, probe = 0n): Buffer => {
    const bytes = Buffer.alloc(40);
    bytes.writeBigUInt64LE(magic, 0);
    bytes.writeBigUInt64LE(probe, 8);
    return Buffer.concat([header(40, 1), bytes]);
  };
  const magic = 0x3174_7365_5441_4d44n;
  const attempts: Readonly<Record<string, Buffer>> = {
    noise: Buffer.from("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
    "an unknown frame": header(0, 99),
    "a frame of 4 GiB": header(0xffff_ffff, 1),
    "an answer before the greeting": header(0, 7),
    "a message before the greeting": Buffer.concat([header(4, 4), Buffer.alloc(4)]),
    "an acceptance": Buffer.concat([header(40, 2), Buffer.alloc(40)]),
    "a short greeting": Buffer.concat([header(8, 1), Buffer.alloc(8)]),
    "another magic": hello(1n),
    "memory that is not there": hello(magic, 16n),
    "half a greeting": hello(magic).subarray(0, 50),
  };
  for (const [what, bytes] of Object.entries(attempts)) {
    it(`${what}: nobody is disturbed`, async () => {
      const requests: unknown[] = [];
      await using listener = await testProvider.listen(
        { address: "127.0.0.1", port: 0 },
        (request) => requests.push(request),
      );
      const name = `\0rdma-verbs-napi/test/[127.0.0.1]:${listener.port}`.padEnd(108, "\0");
      // Only half a greeting is waited for; who sends it leaves by himself.
      const isLeaving = what.startsWith("half");
      const hex = [Buffer.from(name), bytes].map((each) => each.toString("hex"));
      await run("python3", ["-c", INTRUDER, ...hex, isLeaving ? "leave" : "stay"]);
      assert.deepEqual(requests, []);
      await using pair = await connectPair();
      assert.equal(pair.client.device.name, "test0");
    });
  }
});
