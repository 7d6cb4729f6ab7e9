import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unavailable } from "ngtcp2-napi";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import {
  type Behaviour,
  hangingUp,
  late,
  resetting,
  silent,
  TcpPort,
} from "../support/blocked-tcp.ts";
import { type Finished, runSmbx } from "../support/program.ts";
import { QuicRelay } from "../support/quic-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

describe("the program, where TCP", { skip: unavailable() ?? sambaUnavailable() ?? false }, () => {
  const authority = new CertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), "smbx-fallback-"));
  const ca = join(folder, "ca.pem");
  let samba: Samba;
  let quic: QuicRelay;

  before(async () => {
    samba = await startSamba();
    quic = new QuicRelay({ ...authority.issue(), tcpPort: samba.port, tcpHost: samba.host });
    writeFileSync(ca, authority.root.cert);
  });
  after(async () => {
    await quic[Symbol.asyncDispose]();
    await samba.stop();
    authority.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (
    ports: { readonly tcp: number; readonly quic?: number },
    options: readonly string[] = [],
  ): Promise<Finished> => {
    const { username, password } = samba;
    return runSmbx([
      ...["//localhost/share", "-I", "127.0.0.1", "-U", `${username}%${password}`, "--quic-ca", ca],
      ...["--transport", `tcp:${ports.tcp},quic:${ports.quic ?? quic.port}`, "--explain"],
      ...["-c", "showconnect", ...options],
    ]);
  };

  /** The lines of `--explain` about TCP and QUIC, once the program has reached the server. */
  function told({ status, stdout, stderr }: Finished, wire: "tcp" | "quic", how: string) {
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^SMB 3\\.1\\.1, ${wire} `, "m"));
    const line = (kind: string): string =>
      stderr.split("\n").find((each) => each.includes(`  ${kind}: `)) ?? "";
    console.log(`TCP ${how}, a session over ${wire}:\n${line("tcp")}\n${line("quic")}`);
    return { tcp: line("tcp"), quic: line("quic") };
  }

  it("is refused", async () => {
    const { tcp, quic } = told(await run({ tcp: await TcpPort.unused() }), "quic", "is refused");
    assert.match(tcp, /failed after .*: connection refused/);
    assert.match(quic, /connected after .*, negotiated after/);
  });

  const blocks: readonly (readonly [string, Behaviour, RegExp])[] = [
    ["accepts and is silent", silent, /connected after .*, abandoned after .*: quic was faster/],
    ["resets in the negotiation", resetting, /failed after .*: connection reset during the/],
    ["hangs up in the negotiation", hangingUp, /failed after .*: closed the connection during/],
  ];
  for (const [how, behaviour, story] of blocks) {
    it(how, async () => {
      await using port = await TcpPort.open(behaviour);
      assert.match(told(await run({ tcp: port.number }), "quic", how).tcp, story);
      assert.equal(port.accepted, 1);
    });
  }

  it("is slow to answer, and QUIC is not there", async () => {
    await using port = await TcpPort.open(late(samba.port, 1500));
    const nobody = await TcpPort.unused();
    const result = await run({ tcp: port.number, quic: nobody });
    assert.match(told(result, "tcp", "is slow").quic, /failed after .*refused/);
  });

  it("works: nobody asks for QUIC, whatever is wrong with that", async () => {
    const broken = ["--quic-ca", join(folder, "nothing-here.pem")];
    const { quic } = told(await run({ tcp: samba.port }, broken), "tcp", "works");
    assert.equal(quic, "");
  });

  it("is blocked and QUIC too: both are told", async () => {
    await using port = await TcpPort.open(resetting);
    const { status, stdout, stderr } = await run({
      tcp: port.number,
      quic: await TcpPort.unused(),
    });
    assert.equal(status, 3);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^Protocol negotiation to server localhost .*NT_STATUS_CONNECTION_RESET$/m,
    );
    assert.match(stderr, /Cannot reach localhost: tcp .*: connection reset.*; quic .*refused/);
    assert.match(stderr, /tcp: .* connected after .*, failed after/);
    assert.match(stderr, /quic: .* failed after/);
  });

  it("is blocked and the server has only its address: the reason is told", async () => {
    await using port = await TcpPort.open(resetting);
    const { username, password } = samba;
    const order = `tcp:${port.number},quic:${quic.port}`;
    const args = ["//127.0.0.1/share", "-U", `${username}%${password}`, "--quic-ca", ca];
    const byAddress = [...args, "--transport", order, "-c", "showconnect"];
    const { status, stderr } = await runSmbx(byAddress);
    assert.equal(status, 3);
    assert.match(stderr, /quic: QUIC checks the server's certificate against its name/);
    const named = await runSmbx([...byAddress, "--quic-server-name", "localhost"]);
    assert.equal(named.status, 0, named.stderr);
    assert.match(named.stdout, /, quic 127\.0\.0\.1:/);
  });
});
