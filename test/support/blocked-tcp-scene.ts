// Runs in a network of its own, see private-network.ts: a server behind SMB over QUIC on UDP port 443
// of a name, and TCP port 445 of that name dropped. What the program made of it goes to the parent.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { type Finished, runSmbx } from "./program.ts";
import { QuicRelay } from "./quic-relay.ts";
import { startSamba } from "./samba.ts";

/** What the parent gets. */
export interface BlockedTcpStory {
  readonly sha256: string;
  /** By name, with nothing but the CA. */
  readonly byName: Finished & { readonly sha256: string };
  readonly byAddress: Finished;
  /** With UDP port 443 dropped as well, and `-t 3`. */
  readonly impatient: Finished;
  /** By name, TCP let through, QUIC's addon gone. */
  readonly withoutAddon: Finished;
  /** The same, TCP dropped. */
  readonly nothing: Finished;
}

/** For documentation only (RFC 5737): it exists nowhere but here. */
const ADDRESS = "192.0.2.7";
const NAME = "nas.example.org";
const ADDON = fileURLToPath(new URL("../../packages/ngtcp2-napi/build", import.meta.url));

function run(command: string): void {
  const [program = "", ...args] = command.split(" ");
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function makeNetwork(folder: string): void {
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost\n${ADDRESS} ${NAME}\n`);
  run(`mount --bind ${hosts} /etc/hosts`);
  run("ip link set lo up");
  run(`ip address add ${ADDRESS}/32 dev lo`);
  run("nft add table inet blocked");
}

function dropTcp(isDropped: boolean): void {
  run("nft flush table inet blocked");
  if (!isDropped) return;
  run("nft add chain inet blocked in { type filter hook input priority 0 ; }");
  run("nft add rule inet blocked in tcp dport 445 drop");
}

function dropUdp(): void {
  run("nft add rule inet blocked in udp dport 443 drop");
}

async function play(folder: string): Promise<BlockedTcpStory> {
  makeNetwork(folder);
  const authority = new CertificateAuthority();
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, authority.root.cert);
  writeFileSync(join(folder, "big"), randomBytes(24 * 1024 * 1024));
  const samba = await startSamba();
  const tcp = createServer((client) => {
    const server = connect({ port: samba.port, host: samba.host });
    for (const each of [client, server]) each.on("error", () => undefined);
    client.pipe(server).pipe(client);
  });
  tcp.listen(445, ADDRESS);
  const identity = authority.issue({ names: [`DNS:${NAME}`] });
  const quic = new QuicRelay({ ...identity, host: ADDRESS, port: 443, tcpPort: samba.port });
  const smbx = (host: string, commands: string, ...more: string[]): Promise<Finished> =>
    runSmbx(
      [
        ...[`//${host}/share`, "-U", `${samba.username}%${samba.password}`, "--quic-ca", ca],
        ...["-c", commands, ...more],
      ],
      { cwd: folder, timeoutMs: 60_000 },
    );
  try {
    dropTcp(true);
    const byName = await smbx(NAME, "put big; get big back; showconnect", "--explain");
    const byAddress = await smbx(ADDRESS, "showconnect");
    dropUdp();
    const impatient = await smbx(NAME, "showconnect", "-t", "3");
    // In this namespace only: the program finds its addon not built.
    run(`mount -t tmpfs none ${ADDON}`);
    const nothing = await smbx(NAME, "showconnect");
    dropTcp(false);
    const withoutAddon = await smbx(NAME, "showconnect");
    return {
      sha256: sha256(join(folder, "big")),
      byName: { ...byName, sha256: byName.status === 0 ? sha256(join(folder, "back")) : "" },
      ...{ byAddress, withoutAddon, nothing, impatient },
    };
  } finally {
    tcp.close();
    await quic[Symbol.asyncDispose]();
    await samba.stop();
    authority.dispose();
  }
}

process.once("disconnect", () => {
  rmSync(tmpdir(), { recursive: true, force: true });
  process.exit();
});
const story = await play(mkdtempSync(join(tmpdir(), "blocked-")));
process.send?.(story, () => process.disconnect());
