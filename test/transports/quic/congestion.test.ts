import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as addon from "ngtcp2-napi";
import { dialConnection } from "../../../src/transports/quic/dial-connection.ts";
import type { QuicOptions } from "../../../src/transports/quic/quic-options.ts";

describe("congestion control over QUIC", { skip: addon.unavailable() ?? false }, () => {
  /** What the addon is asked for. */
  async function settingsFor(options: QuicOptions): Promise<addon.ConnectOptions> {
    const asked: addon.ConnectOptions[] = [];
    const recording: typeof addon = {
      ...addon,
      connect: (settings) => {
        asked.push(settings);
        return Promise.reject(new Error("only recorded"));
      },
    };
    const { signal } = new AbortController();
    const target = { host: "localhost", address: "127.0.0.1", port: 443 };
    const dialling = dialConnection(recording, target, { systemCa: false, ...options }, { signal });
    await assert.rejects(dialling, /only recorded/);
    assert.equal(asked.length, 1);
    return asked[0] ?? assert.fail();
  }

  it("sends by BBR unless it is told otherwise", async () => {
    assert.equal((await settingsFor({})).congestion, "bbr");
    assert.equal((await settingsFor({ congestion: "cubic" })).congestion, "cubic");
  });
});
