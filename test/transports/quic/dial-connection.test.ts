import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type * as Addon from "ngtcp2-napi";
import { QuicError } from "ngtcp2-napi";
import {
  type DialledConnection,
  dialConnection,
} from "../../../src/transports/quic/dial-connection.ts";
import { turns } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";

/** A connection whose handshake is complete; what comes then is up to the test. */
class FakeConnection {
  readonly info: object;
  readonly counters = { rttMs: 1 };
  confirm: () => void = () => undefined;
  end: (error: QuicError | undefined) => void = () => undefined;
  isClosed = false;
  isDestroyed = false;
  readonly confirmed: Promise<void> = new Promise((resolve) => {
    this.confirm = resolve;
  });
  readonly closed: Promise<QuicError | undefined> = new Promise((resolve) => {
    this.end = resolve;
  });

  constructor(info: { readonly alpn?: string; readonly wasCertificateRequested?: boolean }) {
    this.info = { alpn: "smb", wasCertificateRequested: false, ...info };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.end(undefined);
  }
}

function dialling(
  connection: FakeConnection,
  clock = new ManualClock(),
  controller = new AbortController(),
): Promise<DialledConnection> {
  const addon = { connect: async () => connection, SecureContext: class {} };
  const target = { host: "nas", address: "192.0.2.1", port: 443 };
  const { signal } = controller;
  return dialConnection(addon as unknown as typeof Addon, target, { clock }, { signal });
}

const asks = { wasCertificateRequested: true };

describe("dialling QUIC", () => {
  it("refuses a server that agrees on no protocol", async () => {
    const connection = new FakeConnection({ alpn: "" });
    await assert.rejects(dialling(connection), {
      words: "the server speaks QUIC, but not SMB",
      problems: ["no-smb"],
    });
    assert.ok(connection.isClosed);
  });

  it("does not dial without a name to check the certificate against", async () => {
    const addon = {
      connect: () => assert.fail("it dialled"),
      SecureContext: class {},
    } as unknown as typeof Addon;
    const { signal } = new AbortController();
    for (const name of [".", "", "a..b"]) {
      for (const [host, serverName] of [
        [name, undefined],
        ["nas", name],
      ] as const) {
        const target = { host, address: "192.0.2.1", port: 443 };
        await assert.rejects(dialConnection(addon, target, { serverName }, { signal }), {
          reason: "configuration",
          words: /no certificate can have the name/,
        });
      }
    }
  });

  it("does not wait for a server that asks for no certificate", async () => {
    const { endpoint } = await dialling(new FakeConnection({}));
    assert.equal(endpoint, "192.0.2.1:443");
  });

  it("waits for the verdict of a server that asks for one", async () => {
    const connection = new FakeConnection(asks);
    const dialled = dialling(connection);
    let isDone = false;
    void dialled.then(() => {
      isDone = true;
    });
    await turns(5);
    assert.equal(isDone, false);
    connection.confirm();
    assert.equal((await dialled).about.wasAsked, true);
  });

  it("has the verdict as its failure", async () => {
    const connection = new FakeConnection(asks);
    const details = { kind: "transport", errorCode: 0x100 + 116, isRemote: true } as const;
    connection.end(new QuicError("certificate required", details));
    await assert.rejects(dialling(connection), { problems: ["client-certificate-required"] });
  });

  it("gives up on a name service that says nothing", async () => {
    const clock = new ManualClock();
    const addon = { SecureContext: class {} } as unknown as typeof Addon;
    const resolve = (): Promise<never> => new Promise(() => {});
    const { signal } = new AbortController();
    const options = { signal, connectTimeoutMs: 3000 };
    const dialled = dialConnection(addon, { host: "nas", port: 443 }, { clock, resolve }, options);
    const outcome = dialled.catch((error: unknown) => error);
    // Certificates are read first.
    for (let turn = 0; turn < 1000 && clock.pending === 0; turn += 1) await turns(1);
    clock.advance(3000);
    const reason = await Promise.race([outcome, turns(100)]);
    assert.match(String(reason), /the name was not resolved within 3 s/);
  });

  it("does not wait for ever", async () => {
    const connection = new FakeConnection(asks);
    const clock = new ManualClock();
    const dialled = dialling(connection, clock);
    dialled.catch(() => undefined);
    await turns(5);
    clock.advance(5000);
    await assert.rejects(dialled, { reason: "timeout" });
    assert.ok(connection.isDestroyed);
  });

  it("can be given up meanwhile", async () => {
    const connection = new FakeConnection(asks);
    const controller = new AbortController();
    const dialled = dialling(connection, new ManualClock(), controller);
    dialled.catch(() => undefined);
    await turns(5);
    controller.abort(new Error("enough"));
    await assert.rejects(dialled, /enough/);
    assert.ok(connection.isDestroyed);
  });
});
