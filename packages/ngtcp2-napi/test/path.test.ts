import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import type { QuicConnection } from "../lib/index.ts";
import { LossyRelay } from "./lossy-relay.ts";
import {
  digestOf,
  echo,
  pattern,
  portOf,
  type Scope,
  scoped,
  sendPattern,
  skip,
  turns,
} from "./support.ts";

const MIB = 1 << 20;
const relayProgram = join(import.meta.dirname, "programs", "marking-relay.py");
const hasPython = spawnSync("python3", ["--version"], { stdio: "ignore" }).status === 0;

/** Waits for what must come about, however long it takes; the runner's limit is the last word. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(10);
}

async function exchange(connection: QuicConnection, total: number): Promise<void> {
  const stream = connection.openBidi();
  const received = digestOf(stream);
  const sent = await sendPattern(stream, total, 5);
  assert.deepEqual(await received, { length: total, sha256: sent });
}

/** A relay that marks datagrams; `seen` gets what it tells of the marks of both sides. */
async function markingRelay(
  scope: Scope,
  serverPort: number,
  mark: number,
): Promise<{ port: number; seen: Set<string> }> {
  const child = spawn("python3", [relayProgram, String(serverPort), String(mark)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  scope.defer(async () => {
    child.kill();
    await once(child, "exit");
  });
  const seen = new Set<string>();
  const lines = createInterface({ input: child.stdout });
  const [port] = (await once(lines, "line")) as [string];
  lines.on("line", (line) => seen.add(line));
  return { port: Number(port), seen };
}

describe("the path", { skip }, () => {
  it("is found out to carry loopback's large datagrams", () =>
    scoped(async (scope) => {
      const connection = await scope.connect(portOf(scope.listen(echo)));
      await exchange(connection, 4 * MIB);
      await until(() => connection.counters.maxDatagram > 60_000);
    }));

  it("is used with what fits where larger datagrams disappear", () =>
    scoped(async (scope) => {
      const relay = await LossyRelay.open(portOf(scope.listen(echo)), { maxSize: 1452 });
      scope.defer(() => relay.close());
      const connection = await scope.connect(relay.port);
      await until(() => connection.counters.maxDatagram === 1452);
      await exchange(connection, 2 * MIB);
      assert.equal(connection.counters.maxDatagram, 1452);
    }));

  it("is not looked into where that is not wanted", () =>
    scoped(async (scope) => {
      const connection = await scope.connect(portOf(scope.listen(echo)), { discoverMtu: false });
      await exchange(connection, MIB);
      assert.equal(connection.counters.maxDatagram, 1200);
    }));

  it("may mark congestion instead of losing datagrams", async (context) => {
    if (!hasPython) return context.skip("python3 is missing: Node cannot set the ECN field");
    const windows: number[] = [];
    for (const mark of [2, 3]) {
      await scoped(async (scope) => {
        const server = scope.listen(echo, { maxDatagram: 1452 });
        const { port, seen } = await markingRelay(scope, portOf(server), mark);
        const connection = await scope.connect(port, { maxDatagram: 1452 });
        await exchange(connection, 3 * MIB);
        // Both sides send ECN-capable datagrams.
        await until(() => seen.has("client 2") && seen.has("server 2"));
        windows.push(connection.counters.congestionWindow);
      });
    }
    // The server told the client of the marks, which made it careful.
    const [without = 0, marked = 0] = windows;
    assert.ok(marked < without / 2, `${marked} bytes where marked, ${without} where not`);
  });
});

describe("the kernel's help", { skip }, () => {
  const programs = join(import.meta.dirname, "programs");
  const run = (env: NodeJS.ProcessEnv): unknown => {
    const args = ["--import", "tsx", join(programs, "offload.ts")];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    return stdout === "" ? stderr : JSON.parse(stdout);
  };

  it("is done without where the kernel refuses it", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "quic-offload-"));
    try {
      const library = join(folder, "refuse-offload.so");
      const source = join(programs, "refuse-offload.c");
      const { status } = spawnSync("gcc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
      if (status !== 0) return context.skip("gcc is missing: it makes the kernel that refuses");
      // A sanitizer may be there already, and wants to be first.
      const preloaded = [process.env["LD_PRELOAD"] ?? "", library].join(" ").trim();
      const refused = run({ LD_PRELOAD: preloaded });
      assert.deepEqual(refused, { isWhole: true, usesGso: false, usesGro: false });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("receive windows", { skip }, () => {
  /** How much the server takes in while its reader rests after `first` bytes. */
  async function taken(first: number, wanted: number, windows: object): Promise<number> {
    let received = 0;
    let acknowledged = 0;
    await scoped(async (scope) => {
      const server = scope.listen((connection) => {
        connection.onStream((stream) => {
          stream.start({
            data: (bytes) => {
              received += bytes.length;
              if (received >= first) stream.pause();
            },
            end: () => undefined,
          });
        });
      }, windows);
      const connection = await scope.connect(portOf(server));
      const stream = connection.openUni();
      const part = pattern(50_000, 3);
      let goesOn = true;
      const send = async (): Promise<void> => {
        while (goesOn) {
          await stream.write(part);
          acknowledged += part.length;
        }
      };
      const senders = Array.from({ length: 64 }, () => send().catch(() => undefined));
      await until(() => acknowledged - received >= wanted);
      goesOn = false;
      await connection.close();
      await Promise.all(senders);
    });
    return acknowledged - received;
  }

  it("hold 16 MiB that nobody reads yet, as they are", async () => {
    assert.ok((await taken(0, 15 * MIB, {})) >= 15 * MIB);
  });

  it("grow while the reader keeps up", async () => {
    const windows = {
      ...{ streamWindow: 65_536, connectionWindow: 131_072 },
      ...{ maxStreamWindow: 16 * MIB, maxConnectionWindow: 24 * MIB },
    };
    assert.ok((await taken(64 * MIB, 4 * MIB, windows)) >= 4 * MIB);
  });
});
