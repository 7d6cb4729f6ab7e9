import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialError } from "../../src/core/dial-error.ts";
import { DialFailure } from "../../src/core/errors.ts";
import { errorOf, scene } from "../support/dial-scene.ts";

describe("dial, where the server's certificate is refused,", () => {
  const words = "the server's certificate is not for nas";
  const refused = new DialFailure("192.0.2.7:443", words, { reason: "certificate" });
  const story = ({ attempts }: Pick<DialError, "attempts">) =>
    attempts.map(({ kind, outcome }) => [kind, outcome]);

  it("goes on to no wire that comes later", async () => {
    const { quic, tcp, nbt, start } = scene();
    const order = [{ kind: "quic" }, { kind: "tcp" }, { kind: "nbt" }] as const;
    const dialling = errorOf(start({ host: "nas" }, { order }));
    await quic.fail(refused);
    const error = await dialling;
    assert.equal(error.cause, refused);
    assert.match(error.message, /: quic 192.*not for nas; tcp: not used, because over quic/);
    assert.deepEqual([tcp.dials.length, nbt.dials.length], [0, 0]);
    assert.deepEqual(story(error), [
      ["quic", "failed"],
      ["tcp", "barred"],
      ["nbt", "barred"],
    ]);
  });

  it("leaves a later wire that has started in the meantime", async () => {
    const { clock, quic, tcp, start } = scene();
    const order = [{ kind: "quic" }, { kind: "tcp" }] as const;
    const dialling = errorOf(start({ host: "nas" }, { order }));
    clock.advance(1000);
    assert.equal(tcp.dials.length, 1);
    await quic.fail(refused);
    assert.equal(tcp.isAborted, true);
    await tcp.fail(new Error("aborted"));
    assert.deepEqual(story(await dialling), [
      ["quic", "failed"],
      ["tcp", "barred"],
    ]);
  });

  it("keeps to an earlier wire, which was preferred", async () => {
    const { clock, tcp, quic, nbt, start } = scene();
    const dialling = start({ host: "nas" });
    clock.advance(1000);
    await quic.fail(refused);
    assert.equal(tcp.isAborted, false);
    await tcp.connect();
    assert.deepEqual(story(await dialling), [
      ["tcp", "connected"],
      ["quic", "failed"],
      ["nbt", "barred"],
    ]);
    assert.equal(nbt.dials.length, 0);
  });

  it("tries the same wire at another port, which has to show its own", async () => {
    const { quic, tcp, start } = scene();
    const order = [{ kind: "quic" }, { kind: "quic", port: 8443 }, { kind: "tcp" }] as const;
    const dialling = start({ host: "nas" }, { order });
    await quic.fail(refused);
    await quic.connect();
    assert.deepEqual(story(await dialling), [
      ["quic", "failed"],
      ["quic", "connected"],
    ]);
    assert.equal(tcp.dials.length, 0);
  });
});
