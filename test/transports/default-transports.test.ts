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

  it("says why SMB Direct cannot be used, where it cannot", async () => {
    const factory = factories.find(({ kind }) => kind === "smbdirect");
    const reason = factory?.unavailable();
    if (factory === undefined || reason === undefined) return;
    assert.match(reason, /rdma-verbs-napi addon|no RDMA device/);
    const dialling = factory.dial({ host: "127.0.0.1" }, { signal: new AbortController().signal });
    await assert.rejects(
      dialling,
      (error) => error instanceof UnsupportedError && error.message === reason,
    );
  });

  it("wants a name for QUIC", () => {
    const quic = factories.find((each) => each.kind === "quic");
    assert.equal(quic?.unsuitable?.({ host: "nas", address: "192.0.2.1" }), undefined);
    for (const host of ["192.0.2.1", "2001:db8::1"]) {
      assert.match(quic?.unsuitable?.({ host }) ?? "", /against its name/);
    }
  });
});
