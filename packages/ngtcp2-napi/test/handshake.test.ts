import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type QuicSession, QuicVersion } from "../lib/index.ts";
import { echo, portOf, readAll, type Scope, scoped, skip } from "./support.ts";

/** One exchange, so that what follows the handshake has arrived. */
async function exchange(scope: Scope, port: number, options = {}) {
  const connection = await scope.connect(port, options);
  const stream = connection.openBidi();
  const received = readAll(stream);
  await stream.write(Buffer.from("ping"));
  stream.end();
  assert.equal((await received).toString(), "ping");
  return connection;
}

describe("the handshake", { skip }, () => {
  it("tells what was agreed on", () =>
    scoped(async (scope) => {
      let atServer = "";
      const server = scope.listen(
        (connection) => {
          atServer = `${connection.info.serverName} ${connection.info.alpn}`;
          echo(connection);
        },
        { alpn: ["other", "test"] },
      );
      const { info, confirmed, counters } = await exchange(scope, portOf(server), {
        alpn: ["test", "x"],
      });
      await confirmed;
      assert.equal(info.version, QuicVersion.V1);
      assert.equal(info.alpn, "test");
      assert.match(info.cipher, /^TLS_(AES_(128|256)_(GCM|CCM)|CHACHA20)/);
      assert.equal(info.group, "X25519");
      assert.equal(info.remote.port, portOf(server));
      assert.equal(info.verification.isAccepted, true);
      assert.equal(info.verification.chain.length, 1);
      assert.ok(counters.rttMs > 0);
      assert.equal(atServer, "localhost test");
    }));

  it("fails where no protocol is in common, with the alert", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { alpn: "h3" });
      await assert.rejects(scope.connect(portOf(server)), {
        name: "QuicError",
        kind: "transport",
        isRemote: true,
        tlsAlert: 120,
        errorCode: 0x178,
      });
    }));

  it("fails where the server chooses no protocol", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { alpn: [] });
      await assert.rejects(scope.connect(portOf(server)), {
        name: "QuicError",
        kind: "transport",
        isRemote: false,
        tlsAlert: 120,
      });
    }));

  it("that is given up is told to the server", () =>
    scoped(async (scope) => {
      const silent = createSocket("udp4").bind(0, "127.0.0.1");
      scope.defer(() => silent.close());
      await once(silent, "listening");
      const { port } = silent.address();
      const aborter = new AbortController();
      const failed = assert.rejects(scope.connect(port, { signal: aborter.signal }), /enough/);
      await once(silent, "message");
      const next = once(silent, "message");
      aborter.abort(new Error("enough"));
      await failed;
      // What was sent before this arrives before it.
      silent.send("marker", port, "127.0.0.1");
      const [bytes] = (await next) as [Buffer];
      assert.ok(bytes.length > 20, "nothing was sent");
    }));

  it("answers a Retry, and needs none with the token of the time before", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { retry: "always" });
      const first = await exchange(scope, portOf(server));
      assert.equal(first.info.hadRetry, true);
      const session = first.session ?? assert.fail("no session");
      assert.ok(session.token !== undefined);
      const second = await exchange(scope, portOf(server), { session });
      assert.equal(second.info.hadRetry, false);
    }));

  it("gives no session where it is not to", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { sessionTickets: false });
      const connection = await exchange(scope, portOf(server));
      await connection.confirmed;
      assert.equal(connection.session, undefined);
    }));

  it("resumes a session, but never one that was checked less", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const sessions: QuicSession[] = [];
      const first = await exchange(scope, portOf(server));
      first.onSession((session) => sessions.push(session));
      const session = sessions[0] ?? assert.fail("no session");
      assert.equal(first.info.isResumed, false);
      const second = await exchange(scope, portOf(server), { session });
      assert.equal(second.info.isResumed, true);
      const unchecked = await exchange(scope, portOf(server), { verify: "none" });
      const third = await exchange(scope, portOf(server), { session: unchecked.session });
      assert.equal(third.info.isResumed, false);
    }));

  it("goes on without a ticket that cannot be used", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const session = {
        ticket: randomBytes(300),
        token: randomBytes(40),
        serverName: "localhost",
        verify: "full" as const,
      };
      const connection = await exchange(scope, portOf(server), { session });
      assert.equal(connection.info.isResumed, false);
    }));

  it("negotiates version 2, and says so where there is no version in common", () =>
    scoped(async (scope) => {
      const modern = scope.listen(echo, { versions: [QuicVersion.V2, QuicVersion.V1] });
      assert.equal((await exchange(scope, portOf(modern))).info.version, QuicVersion.V2);
      const old = scope.listen(echo, { versions: [QuicVersion.V1] });
      assert.equal((await exchange(scope, portOf(old))).info.version, QuicVersion.V1);
      const strict = { versions: [QuicVersion.V2], initialVersion: QuicVersion.V2 };
      await exchange(scope, portOf(modern), strict);
      await assert.rejects(scope.connect(portOf(old), strict), {
        kind: "version-negotiation",
        isRemote: true,
      });
    }));

  it("updates keys", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const connection = await exchange(scope, portOf(server));
      await connection.confirmed;
      assert.equal(connection.counters.keyUpdates, 0);
      assert.equal(connection.updateKeys(), true);
      const stream = connection.openBidi();
      const received = readAll(stream);
      await stream.write(Buffer.alloc(1_000_000, 1));
      stream.end();
      assert.equal((await received).length, 1_000_000);
      assert.equal(connection.counters.keyUpdates, 1);
    }));

  for (const congestion of ["cubic", "bbr", "reno"] as const) {
    it(`works with ${congestion}`, () =>
      scoped(async (scope) => {
        const server = scope.listen(echo, { congestion });
        const connection = await scope.connect(portOf(server), { congestion });
        const stream = connection.openBidi();
        const received = readAll(stream);
        const written = stream.write(Buffer.alloc(4_000_000, 1));
        stream.end();
        assert.equal((await received).length, 4_000_000);
        await written;
      }));
  }

  it("gives up after its time-out where nobody answers", () =>
    scoped(async (scope) => {
      const { createSocket } = await import("node:dgram");
      const silent = createSocket("udp4").bind(0, "127.0.0.1");
      scope.defer(() => silent.close());
      await new Promise((resolve) => silent.once("listening", resolve));
      const port = silent.address().port;
      await assert.rejects(scope.connect(port, { handshakeTimeoutMs: 200 }), {
        kind: "handshake-timeout",
      });
      const reason = new Error("changed my mind");
      await assert.rejects(scope.connect(port, { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const dialling = scope.connect(port, { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await assert.rejects(dialling, reason);
    }));

  it("hears of a port where nobody listens", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const port = portOf(server);
      await server.close();
      await assert.rejects(scope.connect(port), { kind: "system", errno: 111 });
    }));

  it("writes secrets to SSLKEYLOGFILE, and nowhere without it", () => {
    const directory = mkdtempSync(join(tmpdir(), "quic-keys-"));
    try {
      const file = join(directory, "keys");
      const env = { ...process.env, SSLKEYLOGFILE: file };
      const program = join(import.meta.dirname, "programs", "exchange.ts");
      execFileSync(process.execPath, ["--import", "tsx", program], { env });
      assert.match(readFileSync(file, "utf8"), /^CLIENT_TRAFFIC_SECRET_0 /m);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
