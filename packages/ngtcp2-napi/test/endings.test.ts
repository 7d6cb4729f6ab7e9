import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import type { QuicConnection, QuicError } from "../lib/index.ts";
import { echo, pattern, portOf, readAll, scoped, skip } from "./support.ts";

const programs = join(import.meta.dirname, "programs");
const tsx = ["--import", "tsx"];

/** Starts an echo server in a process of its own; resolves with its port. */
async function startServer(
  options: object,
): Promise<{ child: ChildProcess; port: number; ca: string }> {
  const child = fork(join(programs, "server.ts"), [JSON.stringify(options)], { execArgv: tsx });
  const { port, ca } = await new Promise<{ port: number; ca: string }>((resolve) =>
    child.once("message", resolve as (message: unknown) => void),
  );
  return { child, port, ca };
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

async function ping(connection: QuicConnection): Promise<void> {
  const stream = connection.openBidi();
  const received = readAll(stream);
  await stream.write(Buffer.from("ping"));
  stream.end();
  assert.equal((await received).toString(), "ping");
}

/**
 * Everything that was sent is acknowledged, for a while: what follows a handshake (connection ids,
 * tokens) may not have been sent yet when it is confirmed.
 */
async function settled(connection: QuicConnection): Promise<void> {
  await connection.confirmed;
  for (let quiet = 0; quiet < 10; quiet += 1) {
    await new Promise((go) => setTimeout(go, 5));
    if (connection.counters.bytesInFlight > 0) quiet = 0;
  }
}

describe("endings", { skip }, () => {
  it("by the application carry a code and a reason", () =>
    scoped(async (scope) => {
      const seen = new Promise<QuicError | undefined>((resolve) => {
        const server = scope.listen((connection) => {
          echo(connection);
          void connection.closed.then(resolve);
        });
        void scope.connect(portOf(server)).then(async (connection) => {
          await ping(connection);
          await connection.close({ code: 4711, reason: "enough" });
        });
      });
      const error = await seen;
      assert.equal(error?.kind, "application");
      assert.equal(error?.errorCode, 4711);
      assert.equal(error?.reason, "enough");
      assert.equal(error?.isRemote, true);
    }));

  it("with code 0 are no errors, and what was received stays readable", () =>
    scoped(async (scope) => {
      let server: QuicConnection | undefined;
      const listening = scope.listen((connection) => {
        server = connection;
        const stream = connection.openUni();
        void stream.write(pattern(200_000, 1)).then(() => connection.close());
        stream.end();
      });
      const connection = await scope.connect(portOf(listening));
      const stream = await new Promise<Parameters<typeof readAll>[0]>((resolve) =>
        connection.onStream(resolve),
      );
      assert.equal(await connection.closed, undefined);
      assert.equal(await server?.closed, undefined);
      assert.equal((await readAll(stream)).length, 200_000);
      assert.throws(() => connection.openBidi());
    }));

  it("acknowledge what had arrived before them", () =>
    scoped(async (scope) => {
      const server = scope.listen((connection) => {
        connection.onStream((stream) => {
          stream.start({ data: () => undefined, end: () => void connection.close() });
        });
      });
      // One datagram each, whose acknowledgement would be held back for a while.
      for (let round = 0; round < 30; round += 1) {
        const connection = await scope.connect(portOf(server), { discoverMtu: false });
        await settled(connection);
        const stream = connection.openBidi();
        void stream.write(pattern(100, 1));
        const acknowledged = stream.drain();
        stream.end();
        await acknowledged;
        assert.equal(await connection.closed, undefined);
      }
    }));

  it("fail what is under way", () =>
    scoped(async (scope) => {
      const server = scope.listen((connection) => {
        connection.onStream(() => void connection.close({ code: 1 }));
      });
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      const failed = readAll(stream);
      await Promise.all([
        assert.rejects(stream.write(pattern(50_000_000, 1)), { kind: "application", errorCode: 1 }),
        assert.rejects(failed, { kind: "application", errorCode: 1 }),
      ]);
    }));

  it("by silence are idle time-outs, unless something keeps the connection alive", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { idleTimeoutMs: 300, keepAliveMs: 0 });
      const idle = await scope.connect(portOf(server), { keepAliveMs: 0 });
      const kept = await scope.connect(portOf(server), { keepAliveMs: 50 });
      assert.equal((await idle.closed)?.kind, "idle-timeout");
      await ping(kept);
    }));

  it("by the peer's death are noticed at once on one machine", () =>
    scoped(async (scope) => {
      const { child, port, ca } = await startServer({});
      const connection = await scope.connect(port, { ca, keepAliveMs: 100 });
      await ping(connection);
      await kill(child);
      const stream = connection.openBidi();
      await assert.rejects(stream.write(pattern(1_000_000, 1)), { kind: "system", errno: 111 });
    }));

  it("by a restarted server are stateless resets", () =>
    scoped(async (scope) => {
      const resetSecret = randomBytes(32).toString("hex");
      const first = await startServer({ resetSecret });
      const connection = await scope.connect(first.port, {
        ...{ ca: first.ca, discoverMtu: false, keepAliveMs: 0 },
      });
      await ping(connection);
      // Whatever is still under way would be answered by "nobody listens" between the two servers.
      await settled(connection);
      await kill(first.child);
      const second = await startServer({ resetSecret, port: first.port });
      scope.defer(() => kill(second.child));
      const stream = connection.openBidi();
      await assert.rejects(stream.write(pattern(100_000, 1)), { kind: "stateless-reset" });
    }));

  it("of the process do not crash, whatever is open, and the peer hears of them", () =>
    scoped(async (scope) => {
      const errors: (QuicError | undefined)[] = [];
      const server = scope.listen((connection) => {
        echo(connection);
        void connection.closed.then((error) => errors.push(error));
      });
      for (const how of ["exit", "return", "throw", "worker"]) {
        const { stdout, status } = await run(how, portOf(server));
        assert.match(stdout, /connected/, how);
        assert.equal(status, how === "throw" ? 1 : 0, how);
      }
      while (errors.length < 4) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(errors, [undefined, undefined, undefined, undefined]);
    }));

  it("of a worker thread leave the others alone", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      for (let round = 0; round < 3; round += 1) {
        const worker = new Worker(
          `import("tsx/esm/api").then(({ register }) => { register(); return import(process.argv[2]); });`,
          {
            ...{ eval: true, stdout: true },
            argv: [join(programs, "client.ts"), "stay", String(portOf(server))],
          },
        );
        await new Promise((resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
        });
        await worker.terminate();
      }
      const connection = await scope.connect(portOf(server));
      await ping(connection);
    }));

  it("let connections be collected", () => {
    const program = join(programs, "collect.ts");
    const output = execFileSync(process.execPath, ["--expose-gc", ...tsx, program], {
      encoding: "utf8",
    });
    assert.equal(output.trim(), "collected");
  });
});

function run(how: string, port: number): Promise<{ stdout: string; status: number | null }> {
  return new Promise((resolve) => {
    const child = fork(join(programs, "client.ts"), [how, String(port)], {
      execArgv: tsx,
      silent: true,
    });
    let stdout = "";
    child.stdout?.on("data", (chunk) => {
      stdout += chunk;
    });
    child.once("close", (status) => resolve({ stdout, status }));
  });
}
