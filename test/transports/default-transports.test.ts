import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UnsupportedError } from "../../src/core/errors.ts";
import { defaultTransports } from "../../src/transports/index.ts";

const factories = defaultTransports();

describe("defaultTransports", () => {
  it("has every wire that a user can name, with its port", () => {
    assert.deepEqual(
      factories.map(({ kind, defaultPort }) => [kind, defaultPort]),
      [
        ["tcp", 445],
        ["nbt", 139],
        ["quic", 443],
        ["smbdirect", 445],
      ],
    );
  });

  it("can use TCP everywhere", () => {
    for (const kind of ["tcp", "nbt"]) {
      assert.equal(factories.find((each) => each.kind === kind)?.unavailable(), undefined);
    }
  });

  for (const [kind, addon] of [["smbdirect", "rdma-verbs-napi"]] as const) {
    it(`says why ${kind} cannot be used`, async () => {
      const factory = factories.find((each) => each.kind === kind);
      assert.ok(factory !== undefined);
      const reason = factory.unavailable() ?? "";
      assert.ok(reason.includes(addon) && reason.includes("not part of this release"), reason);
      const dialling = factory.dial({ host: "nas" }, { signal: new AbortController().signal });
      await assert.rejects(
        dialling,
        (error) => error instanceof UnsupportedError && error.message === reason,
      );
    });
  }

  it("wants a name for QUIC", () => {
    const quic = factories.find((each) => each.kind === "quic");
    assert.equal(quic?.unsuitable?.({ host: "nas", address: "192.0.2.1" }), undefined);
    for (const host of ["192.0.2.1", "2001:db8::1"]) {
      assert.match(quic?.unsuitable?.({ host }) ?? "", /against its name/);
    }
  });
});
