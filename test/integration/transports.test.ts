import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SmbClient } from "../../src/core/index.ts";
import { defaultTransports } from "../../src/transports/index.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

describe("a real server", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba({ nbt: true });
  });
  after(() => samba.stop());

  for (const kind of ["tcp", "nbt"] as const) {
    it(`lists its shares over ${kind}`, async () => {
      const { username, password } = samba;
      const port = kind === "nbt" ? samba.nbtPort : samba.port;
      const client = await SmbClient.connect(
        { host: samba.host },
        {
          transports: defaultTransports(),
          order: [{ kind, port }],
          credentials: { kind: "password", username, domain: "", password },
        },
      );
      assert.equal(client.connection.transport.kind, kind);
      assert.equal(client.connection.transport.remoteAddress, `127.0.0.1:${port}`);
      const names = (await client.listShares()).map(({ name }) => name);
      assert.ok(names.includes("IPC$"), names.join());
      await client.close();
    });
  }
});
