import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unavailable } from "ngtcp2-napi";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { runSmbx } from "../support/program.ts";
import { QuicRelay } from "../support/quic-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { type FaultCounts, UdpFaultRelay, type UdpFaults } from "../support/udp-fault-relay.ts";

const SIZE = 4 * 1024 * 1024;

const CASES: readonly (readonly [string, UdpFaults, (keyof FaultCounts)[]])[] = [
  ["is slow", { delayMs: 15 }, []],
  ["loses datagrams", { drop: 0.03 }, ["dropped"]],
  ["duplicates datagrams", { duplicate: 0.1 }, ["duplicated"]],
  ["changes the order", { reorder: 0.1 }, ["reordered"]],
  ["turns bits", { corrupt: 0.03 }, ["corrupted"]],
  ["changes the client's port", { rebindEvery: 500 }, ["rebinds"]],
  [
    "does all of that",
    {
      ...{ drop: 0.01, duplicate: 0.02, reorder: 0.02, corrupt: 0.01 },
      ...{ delayMs: 5, rebindEvery: 1500 },
    },
    ["dropped", "duplicated", "reordered", "corrupted", "rebinds"],
  ],
];

describe("files over QUIC, where the network", {
  skip: unavailable() ?? sambaUnavailable() ?? false,
}, () => {
  const authority = new CertificateAuthority();
  const folder = mkdtempSync(join(tmpdir(), "smbx-faults-"));
  const bytes = randomBytes(SIZE);
  let samba: Samba;
  let quic: QuicRelay;

  before(async () => {
    samba = await startSamba();
    quic = new QuicRelay({ ...authority.issue(), tcpPort: samba.port, tcpHost: samba.host });
    writeFileSync(join(folder, "ca.pem"), authority.root.cert);
    writeFileSync(join(folder, "there.bin"), bytes);
  });
  after(async () => {
    await quic[Symbol.asyncDispose]();
    await samba.stop();
    authority.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, [name, faults, happened]] of CASES.entries()) {
    it(name, async () => {
      await using network = await UdpFaultRelay.open(
        quic.port,
        { largest: 1452, ...faults },
        index + 1,
      );
      const { username, password } = samba;
      const started = performance.now();
      const { status, stderr } = await runSmbx(
        [
          ...["//localhost/share", "-I", "127.0.0.1", "-U", `${username}%${password}`],
          ...["--transport", `quic:${network.port}`, "--quic-ca", join(folder, "ca.pem")],
          ...["-c", `put there.bin over-${index}.bin; get over-${index}.bin back-${index}.bin`],
        ],
        { cwd: folder, timeoutMs: 120_000 },
      );
      assert.equal(status, 0, stderr);
      const back = readFileSync(join(folder, `back-${index}.bin`));
      assert.equal(sha256(back), sha256(bytes));
      const shared = readFileSync(join(samba.sharePath("share"), `over-${index}.bin`));
      assert.equal(sha256(shared), sha256(bytes));
      const { counts } = network;
      for (const fault of happened) assert.ok(counts[fault] > 0, `${fault} did not happen`);
      const ms = Math.round(performance.now() - started);
      console.log(`a network that ${name}: ${ms} ms, ${JSON.stringify(counts)}`);
    });
  }
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
