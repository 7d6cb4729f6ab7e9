import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DialFailure,
  ProtocolError,
  TimeoutError,
  TransportClosedError,
  TransportError,
  UnsupportedError,
} from "../../src/core/errors.ts";
import type { DialTarget, TransportFactory } from "../../src/core/transport.ts";
import { turns } from "../compliance/transport.ts";

import { errorOf, refusal, scene } from "../support/dial-scene.ts";

describe("dial", () => {
  it("opens the first wire and leaves the others alone", async () => {
    const { clock, tcp, quic, start } = scene();
    const dialling = start({ host: "nas" });
    clock.advance(40);
    const wire = await tcp.connect();
    const { link: transport, attempts } = await dialling;
    assert.equal(transport, wire);
    assert.deepEqual(attempts, [
      {
        kind: "tcp",
        address: "192.0.2.7:445",
        startedMs: 0,
        connectedMs: 40,
        endedMs: 40,
        outcome: "connected",
      },
    ]);
    clock.advance(10_000);
    assert.equal(quic.dials.length, 0);
    assert.equal(tcp.isAborted, false);
  });

  it("goes on at once when a wire fails", async () => {
    const { clock, tcp, quic, start } = scene();
    const dialling = start({ host: "nas" });
    clock.advance(5);
    const failure = refusal(445);
    await tcp.fail(failure);
    clock.advance(20);
    await quic.connect();
    const { link: transport, attempts } = await dialling;
    assert.equal(transport.kind, "quic");
    assert.deepEqual(attempts[0], {
      kind: "tcp",
      address: "192.0.2.7:445",
      startedMs: 0,
      endedMs: 5,
      outcome: "failed",
      reason: "connection refused",
      error: failure,
    });
    assert.equal(attempts[1]?.startedMs, 5);
  });

  it("gives a slow wire company, and closes it when it comes late", async () => {
    const { clock, tcp, quic, start } = scene();
    const dialling = start({ host: "nas" });
    clock.advance(999);
    assert.equal(quic.dials.length, 0);
    clock.advance(1);
    assert.equal(quic.dials.length, 1);
    clock.advance(30);
    await quic.connect();
    const { link: transport, attempts } = await dialling;
    assert.equal(transport.kind, "quic");
    assert.equal(tcp.isAborted, true);
    assert.equal(quic.isAborted, false);
    assert.deepEqual(attempts[0], {
      kind: "tcp",
      address: "nas:445",
      startedMs: 0,
      endedMs: 1030,
      outcome: "abandoned",
      reason: "quic was faster",
    });
    await tcp.connect();
    assert.equal(tcp.closed, 1);
    assert.equal(quic.closed, 0);
  });

  it("prefers the earlier wire when both connect in the same moment", async () => {
    const { clock, tcp, quic, start } = scene();
    const dialling = start({ host: "nas" }, { slowMs: 10 });
    clock.advance(10);
    await Promise.all([tcp.connect(), quic.connect()]);
    const { link: transport, attempts } = await dialling;
    assert.equal(transport.kind, "tcp");
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ["connected", "abandoned"],
    );
    assert.equal(quic.closed, 1);
  });

  it("gives a wire company that connected and stays silent", async () => {
    const { clock, tcp, quic, proofs, startProving } = scene();
    const dialling = startProving();
    clock.advance(3);
    await tcp.connect();
    clock.advance(996);
    assert.equal(quic.dials.length, 0);
    clock.advance(1);
    await quic.connect();
    clock.advance(20);
    proofs[1]?.resolve();
    const { link, attempts } = await dialling;
    assert.equal(link.kind, "quic");
    assert.deepEqual(
      proofs.map(({ lost }) => lost.aborted),
      [true, false],
    );
    assert.deepEqual(attempts, [
      {
        kind: "tcp",
        address: "192.0.2.7:445",
        startedMs: 0,
        connectedMs: 3,
        endedMs: 1020,
        outcome: "abandoned",
        reason: "quic was faster",
      },
      {
        kind: "quic",
        address: "192.0.2.7:443",
        startedMs: 1000,
        connectedMs: 1000,
        endedMs: 1020,
        outcome: "connected",
      },
    ]);
    // Its proof may still come: nobody wants it now.
    proofs[0]?.resolve();
    await turns(1);
    assert.equal(tcp.closed, 1);
    assert.equal(quic.closed, 0);
  });

  it("lets a slow wire win that answers before its company does", async () => {
    const { clock, tcp, quic, proofs, startProving } = scene();
    const dialling = startProving();
    clock.advance(300);
    await tcp.connect();
    clock.advance(1200);
    await quic.connect();
    proofs[0]?.resolve();
    assert.equal((await dialling).link.kind, "tcp");
    assert.equal(proofs[1]?.lost.aborted, true);
  });

  it("goes on at once when a wire breaks before its proof, and tells of both", async () => {
    const { clock, tcp, quic, nbt, proofs, startProving } = scene();
    const dialling = errorOf(startProving());
    await tcp.connect();
    clock.advance(7);
    const reset = new TransportClosedError(
      "The connection to 192.0.2.7:445 broke: connection reset",
      { reason: "reset" },
    );
    proofs[0]?.reject(reset);
    await turns(1);
    assert.equal(quic.dials.length, 1);
    await quic.fail(new DialFailure("192.0.2.7:443", "no answer", { reason: "timeout" }));
    await nbt.connect();
    proofs[1]?.reject(new TimeoutError("192.0.2.7:139 has been silent for 20 s", 20_000));
    const error = await dialling;
    assert.equal(
      error.message,
      "Cannot reach nas: tcp 192.0.2.7:445: connection reset; quic 192.0.2.7:443: no answer; nbt 192.0.2.7:139: has been silent for 20 s",
    );
    assert.equal(error.ntStatusName, "NT_STATUS_CONNECTION_RESET");
    assert.equal(error.negotiationFailure, error.attempts[0]);
    assert.deepEqual(
      error.attempts.map(({ connectedMs, endedMs }) => [connectedMs, endedMs]),
      [
        [0, 7],
        [undefined, 7],
        [7, 7],
      ],
    );
  });

  it("goes on where a wire cannot be used after all, and says why", async () => {
    const { clock, tcp, quic, proofs, startProving } = scene();
    const dialling = startProving();
    await tcp.connect();
    clock.advance(1000);
    await quic.fail(new UnsupportedError("the library cannot be loaded"));
    proofs[0]?.resolve();
    const { attempts } = await dialling;
    assert.deepEqual(
      attempts.slice(0, 2).map(({ kind, outcome, reason }) => [kind, outcome, reason]),
      [
        ["tcp", "connected", undefined],
        ["quic", "failed", "the library cannot be loaded"],
      ],
    );
  });

  it("ends with the server's own answer, also where it is a refusal", async () => {
    const { clock, tcp, quic, proofs, startProving } = scene();
    const settled: unknown[] = [];
    const dialling = startProving({
      onSettled: (attempts) => settled.push(...attempts.map(({ outcome }) => outcome)),
    });
    await tcp.connect();
    clock.advance(1000);
    assert.equal(quic.dials.length, 1);
    const refusal = new ProtocolError("no such dialect");
    proofs[0]?.reject(refusal);
    await assert.rejects(dialling, refusal);
    assert.equal(quic.isAborted, true);
    assert.deepEqual(settled, ["failed", "abandoned"]);
    await quic.connect();
    proofs[1]?.resolve();
    await turns(1);
    assert.equal(quic.closed, 1);
    assert.equal(clock.pending, 0);
  });

  it("waits less for a wire that comes after another one", async () => {
    const { tcp, quic, start } = scene();
    const hurried: TransportFactory = Object.assign(quic, { fallbackTimeoutMs: 77 });
    const factories = [tcp, hurried];
    void start({ host: "nas" }, { factories });
    await tcp.fail(refusal(445));
    assert.equal(quic.dials[0]?.options.connectTimeoutMs, 77);
    void start({ host: "nas" }, { factories, order: [{ kind: "quic" }] });
    assert.equal(quic.dials[1]?.options.connectTimeoutMs, undefined);
    void start({ host: "nas" }, { factories, connectTimeoutMs: 5 });
    await tcp.fail(refusal(445));
    assert.equal(quic.dials[2]?.options.connectTimeoutMs, 5);
  });

  it("names every attempt in its error", async () => {
    const { tcp, quic, nbt, start } = scene();
    quic.missing = "QUIC needs an addon";
    const dialling = errorOf(start({ host: "nas" }));
    await tcp.fail(refusal(445));
    await nbt.fail(new TransportError("a strange thing"));
    const error = await dialling;
    assert.equal(
      error.message,
      "Cannot reach nas: tcp 192.0.2.7:445: connection refused; quic: QUIC needs an addon; nbt nas:139: a strange thing",
    );
    assert.equal(error.code, "ERR_SMB_DIAL");
    assert.equal(error.ntStatusName, "NT_STATUS_CONNECTION_REFUSED");
    assert.ok(error.cause instanceof DialFailure);
    assert.deepEqual(error.target, { host: "nas" });
    assert.equal(quic.dials.length, 0);
  });

  it("records wires that cannot reach the target, and those that are not there", async () => {
    const { tcp, quic, start } = scene();
    const picky: TransportFactory = Object.assign(quic, {
      unsuitable: (target: DialTarget) => `${target.host} is an address`,
    });
    const order = [{ kind: "quic" }, { kind: "smbdirect" }, { kind: "tcp" }] as const;
    const dialling = start({ host: "192.0.2.7" }, { order, factories: [picky, tcp] });
    await turns(1);
    await tcp.connect();
    const { attempts } = await dialling;
    assert.deepEqual(
      attempts.map(({ kind, outcome, reason }) => [kind, outcome, reason]),
      [
        ["quic", "unsuitable", "192.0.2.7 is an address"],
        ["smbdirect", "unavailable", "not part of this installation"],
        ["tcp", "connected", undefined],
      ],
    );
  });

  it("has an error of its own for an empty order", async () => {
    const error = await errorOf(scene().start({ host: "nas" }, { order: [] }));
    assert.equal(error.message, "Cannot reach nas: no transport to try");
    assert.equal(error.ntStatusName, "NT_STATUS_UNSUCCESSFUL");
  });

  it("takes the port of the choice, then the target's, then the wire's", async () => {
    const { tcp, start } = scene();
    const factories = [tcp];
    const choice = { kind: "tcp", port: 1445 } as const;
    void start({ host: "nas", port: 9 }, { factories, order: [choice] });
    void start({ host: "nas", port: 9 }, { factories, order: [{ kind: "tcp" }] });
    void start({ host: "nas" }, { factories, order: [{ kind: "tcp" }] });
    assert.deepEqual(
      tcp.dials.map(({ target }) => target.port),
      [1445, 9, 445],
    );
  });

  it("hands its time-out to the wires", async () => {
    const { tcp, start } = scene();
    void start({ host: "nas" }, { connectTimeoutMs: 123 });
    void start({ host: "nas" });
    assert.equal(tcp.dials[0]?.options.connectTimeoutMs, 123);
    assert.ok(!("connectTimeoutMs" in (tcp.dials[1]?.options ?? {})));
  });

  it("aborts everything when it is told to", async () => {
    const { clock, tcp, quic, nbt, start } = scene();
    const controller = new AbortController();
    const dialling = start({ host: "nas" }, { signal: controller.signal });
    clock.advance(1000);
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(dialling, reason);
    assert.deepEqual([tcp.isAborted, quic.isAborted], [true, true]);
    await tcp.connect();
    assert.equal(tcp.closed, 1);
    assert.equal(nbt.dials.length, 0);
    assert.equal(clock.pending, 0);
  });
});
