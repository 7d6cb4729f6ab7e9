import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { UnsupportedError } from "../../../src/core/errors.ts";
import { loadAddon } from "../../../src/transports/quic/load-addon.ts";
import { quicAddon } from "../../../src/transports/quic/quic-addon.ts";

describe("where the QUIC addon is not built", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-quic-"));
    mkdirSync(join(folder, "build"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("names the command that builds it", async () => {
    const reason = quicAddon.unavailable(folder) ?? "";
    assert.match(
      reason,
      /ngtcp2-napi addon, which is not built \(`npm run build:quic` in a checkout/,
    );
    await assert.rejects(
      loadAddon(folder),
      (error) => error instanceof UnsupportedError && error.message === reason,
    );
  });

  it("tells why the last attempt to build it failed, in one line", () => {
    writeFileSync(join(folder, "build", "unavailable.txt"), "no compiler\nmore\n");
    assert.match(
      quicAddon.unavailable(folder) ?? "",
      /not built: no compiler \(`npm run build:quic`/,
    );
  });
});
