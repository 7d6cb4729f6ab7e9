import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbClient } from "../../src/core/client.ts";
import { DialError } from "../../src/core/dial-error.ts";
import { UnsupportedError } from "../../src/core/errors.ts";
import { NtStatus } from "../../src/core/nt-status.ts";
import { Command, Dialect } from "../../src/core/smb2/constants.ts";
import type { NegotiateRequest } from "../../src/core/smb2/negotiate.ts";
import { turns } from "../compliance/transport.ts";
import { ManualClock } from "../support/clock.ts";
import { disguise } from "../support/disguise.ts";
import { FakeServer } from "../support/fake-server.ts";

/** One server, as it is seen over TCP and over QUIC. */
function scene() {
  const clock = new ManualClock();
  const tcp = new FakeServer();
  const quic = new FakeServer();
  const connect = (signal?: AbortSignal): Promise<SmbClient> =>
    SmbClient.connect(
      { host: "nas" },
      {
        transports: [
          disguise(tcp.factory(), { kind: "tcp" }),
          disguise(quic.factory(), { kind: "quic", isEncrypted: true }),
        ],
        order: [{ kind: "tcp" }, { kind: "quic" }],
        credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
        clock,
        signal,
      },
    );
  return { clock, tcp, quic, connect };
}

function offersOf(server: FakeServer): NegotiateRequest[] {
  return server.requestsOf(Command.NEGOTIATE).map(({ body }) => body as NegotiateRequest);
}

describe("reaching a server", () => {
  it("asks nobody else where TCP answers", async () => {
    const { clock, quic, connect } = scene();
    const client = await connect();
    clock.advance(5000);
    assert.equal(client.connection.transport.kind, "tcp");
    assert.equal(quic.requests.length, 0);
  });

  it("takes QUIC where TCP connects and says nothing, as one and the same client", async () => {
    const { clock, tcp, quic, connect } = scene();
    tcp.on(Command.NEGOTIATE, () => {});
    const connecting = connect();
    await turns(3);
    clock.advance(999);
    await turns(3);
    assert.equal(quic.requests.length, 0);
    clock.advance(1);
    const client = await connecting;
    assert.equal(client.connection.transport.kind, "quic");
    const [overTcp] = offersOf(tcp);
    const [overQuic] = offersOf(quic);
    assert.deepEqual(overQuic?.clientGuid, overTcp?.clientGuid);
    assert.deepEqual(overQuic?.dialects, [Dialect.SMB_3_1_1]);
    assert.equal(overTcp?.dialects.length, 5);
    await turns(3);
    assert.equal(tcp.hasClientLeft, true);
    // It left without a word: nobody cancels a NEGOTIATE.
    assert.equal(tcp.requests.length, 1);
    assert.deepEqual(
      client.attempts.map(({ kind, outcome }) => [kind, outcome]),
      [
        ["tcp", "abandoned"],
        ["quic", "connected"],
      ],
    );
  });

  it("takes QUIC at once where TCP connects and hangs up", async () => {
    const { tcp, connect } = scene();
    tcp.on(Command.NEGOTIATE, () => void tcp.disconnect());
    const client = await connect();
    assert.equal(client.connection.transport.kind, "quic");
    assert.equal(client.attempts[0]?.outcome, "failed");
    assert.match(client.attempts[0]?.reason ?? "", /closed the connection during the protocol/);
  });

  it("takes a refusal over TCP for the answer, also while QUIC is under way", async () => {
    const { clock, tcp, quic, connect } = scene();
    let answer: () => void = () => assert.fail("not asked");
    tcp.on(Command.NEGOTIATE, (request) => {
      answer = () => request.reply({ status: NtStatus.NOT_SUPPORTED });
    });
    quic.on(Command.NEGOTIATE, () => {});
    const connecting = connect();
    await turns(3);
    clock.advance(1500);
    await turns(3);
    assert.equal(offersOf(quic).length, 1);
    answer();
    await assert.rejects(connecting, UnsupportedError);
    await turns(3);
    assert.equal(quic.hasClientLeft, true);
  });

  it("tells of both where neither answers", async () => {
    const { tcp, quic, connect } = scene();
    tcp.on(Command.NEGOTIATE, () => void tcp.disconnect());
    quic.on(Command.NEGOTIATE, () => void quic.disconnect());
    await assert.rejects(connect(), (error) => {
      assert.ok(error instanceof DialError);
      assert.match(error.message, /^Cannot reach nas: tcp .*SMB1.*; quic .*closed the connection$/);
      assert.equal(error.ntStatusName, "NT_STATUS_CONNECTION_DISCONNECTED");
      return true;
    });
  });

  it("gives a silent server up after the time-out", async () => {
    const { clock, tcp, quic, connect } = scene();
    tcp.on(Command.NEGOTIATE, () => {});
    quic.on(Command.NEGOTIATE, () => {});
    const failing = assert.rejects(connect(), /tcp .*silent for 20 s.*; quic .*silent for 20 s/);
    for (let second = 0; second < 25; second += 1) {
      await turns(3);
      clock.advance(1000);
    }
    await failing;
    await turns(3);
    assert.equal(clock.pending, 0);
    assert.deepEqual([tcp.hasClientLeft, quic.hasClientLeft], [true, true]);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const { clock, tcp, quic, connect } = scene();
    tcp.on(Command.NEGOTIATE, () => {});
    quic.on(Command.NEGOTIATE, () => {});
    const controller = new AbortController();
    const connecting = connect(controller.signal);
    await turns(3);
    clock.advance(1000);
    await turns(3);
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(connecting, reason);
    await turns(3);
    assert.deepEqual([tcp.hasClientLeft, quic.hasClientLeft], [true, true]);
    assert.equal(clock.pending, 0);
  });
});
