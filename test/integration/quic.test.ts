import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { unavailable } from "ngtcp2-napi";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { DialError, SmbClient } from "../../src/core/index.ts";
import { type QuicOptions, quicTransport } from "../../src/transports/quic/quic-transport.ts";
import { runSmbx } from "../support/program.ts";
import { QuicRelay } from "../support/quic-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

describe("a real server behind QUIC", {
  skip: unavailable() ?? sambaUnavailable() ?? false,
}, () => {
  const authority = new CertificateAuthority();
  let samba: Samba;
  let relay: QuicRelay;

  before(async () => {
    samba = await startSamba();
    relay = new QuicRelay({ ...authority.issue(), tcpPort: samba.port, tcpHost: samba.host });
  });
  after(async () => {
    await relay[Symbol.asyncDispose]();
    await samba.stop();
    authority.dispose();
  });

  const open = (options: QuicOptions = {}, port = relay.port): Promise<SmbClient> => {
    const { username, password } = samba;
    return SmbClient.connect(
      { host: "localhost", address: "127.0.0.1" },
      {
        transports: [quicTransport({ ca: [authority.root.cert], systemCa: false, ...options })],
        order: [{ kind: "quic", port }],
        credentials: { kind: "password", username, domain: "", password },
      },
    );
  };

  it("lists its shares over a verified wire", async () => {
    const client = await open();
    const names = (await client.listShares()).map(({ name }) => name);
    assert.ok(names.includes("share"), names.join(" "));
    assert.equal(client.connection.transport.kind, "quic");
    assert.equal(client.connection.transport.isEncrypted, true);
    await client.close();
  });

  it("is written to and read from, byte for byte", async () => {
    const client = await open();
    const tree = await client.connectTree("share");
    const bytes = Buffer.alloc(5_000_000, "0123456789abcde");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = await tree.openFile("over-quic.bin", { access: 0x12019f, disposition: 5 });
    const piece = 1 << 20;
    for (let at = 0; at < bytes.length; at += piece)
      await file.write(bytes.subarray(at, at + piece), at);
    const back = new Uint8Array(bytes.length);
    for (let at = 0; at < back.length; at += piece)
      await file.read(back.subarray(at, at + piece), at);
    assert.equal(createHash("sha256").update(back).digest("hex"), sha256);
    await file.close();
    await client.close();
  });

  it("is refused by the program where the system's store does not vouch for it", async () => {
    const { username, password } = samba;
    const login = ["-U", `${username}%${password}`, "-I", "127.0.0.1"];
    const run = (transports: string) =>
      runSmbx(["//localhost/share", ...login, "--transport", transports, "-c", "volume"]);
    const refused = await run(`quic:${relay.port}`);
    assert.equal(refused.status, 8);
    assert.match(refused.stderr, /certificate was issued by .*, which is not trusted/);
    // Nor does it lead to TCP, unless TCP was preferred.
    const later = await run(`quic:${relay.port},tcp:${samba.port}`);
    assert.equal(later.status, 8);
    assert.match(later.stderr, /tcp: not used/);
    const { status, stderr } = await run(`tcp:${samba.port},quic:${relay.port}`);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  });

  it("is refused by name where its certificate is another's", async () => {
    await assert.rejects(open({ serverName: "other.example" }), (error) => {
      assert.ok(error instanceof DialError);
      assert.match(error.message, /is not for other\.example, but for localhost, 127\.0\.0\.1/);
      return true;
    });
  });
});
