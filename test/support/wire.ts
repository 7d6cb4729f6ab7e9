import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CertificateAuthority,
  type Identity,
} from "../../packages/ngtcp2-napi/test/certificates.ts";
import type { EmbeddedServer } from "../../src/cli/embedded/embedded-server.ts";
import {
  type ClientOptions,
  Dialect,
  type DialTarget,
  type TransportFactory,
} from "../../src/core/index.ts";
import { defaultTransports } from "../../src/transports/index.ts";
import { QuicRelay } from "./quic-relay.ts";

/**
 * Whether the private servers of this process stand behind QUIC. `test/run.mjs` runs the integration
 * tests that this makes sense for a second time so. Their clients take host and port from the server,
 * and what else they need from here.
 */
export const isOverQuic: boolean = process.env["SMBX_TEST_WIRE"] === "quic";

/** For `skip`: why something is not tested over QUIC, or false over TCP. */
export function notOverQuic(reason: string): string | false {
  return isOverQuic && `not over QUIC: ${reason}`;
}

/** Those that the wire can carry: over QUIC only 3.1.1 is spoken. */
export function possibleDialects(dialects: readonly Dialect[]): readonly Dialect[] {
  return isOverQuic ? dialects.filter((dialect) => dialect === Dialect.SMB_3_1_1) : dialects;
}

/** What the program needs in front of its other arguments. */
export function wireArguments(): readonly string[] {
  if (!isOverQuic) return [];
  return ["--transport", "quic", "--quic-ca", certificates().caFile, "-I", "127.0.0.1"];
}

/** Where a client of the library goes, and on which wire. */
export function wireTo({ host, port }: EmbeddedServer): {
  readonly target: DialTarget;
  readonly wire: Pick<ClientOptions, "transports" | "order">;
} {
  if (!isOverQuic) return { target: { host }, wire: overWire(defaultTransports(), "tcp", port) };
  const quic = { caFiles: [certificates().caFile], systemCa: false };
  return {
    target: { host, address: "127.0.0.1" },
    wire: overWire(defaultTransports({ quic }), "quic", port),
  };
}

function overWire(
  transports: readonly TransportFactory[],
  kind: "tcp" | "quic",
  port: number,
): Pick<ClientOptions, "transports" | "order"> {
  return { transports, order: [{ kind, port }] };
}

/** The server as it is seen through QUIC. */
export function behindQuic(server: EmbeddedServer): EmbeddedServer {
  const { identity } = certificates();
  const relay = new QuicRelay({ ...identity, tcpHost: server.host, tcpPort: server.port });
  const stop = async (): Promise<void> => {
    await relay[Symbol.asyncDispose]();
    await server.stop();
  };
  const { nbtPort, username, password, version, directory, configFile } = server;
  return {
    ...{ nbtPort, username, password, version, directory, configFile },
    get pid() {
      return server.pid;
    },
    host: "localhost",
    port: relay.port,
    sharePath: (share) => server.sharePath(share),
    log: () => server.log(),
    signal: (signal) => server.signal(signal),
    restart: (signal) => server.restart(signal),
    run: (program, args, input) => server.run(program, args, input),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

let made: { readonly caFile: string; readonly identity: Identity } | undefined;

/** Made once in a process. */
function certificates(): { readonly caFile: string; readonly identity: Identity } {
  if (made !== undefined) return made;
  const authority = new CertificateAuthority();
  const caFile = join(tmpdir(), `smbx-test-ca-${process.pid}.pem`);
  writeFileSync(caFile, authority.root.cert);
  made = { caFile, identity: authority.issue() };
  authority.dispose();
  process.on("exit", () => rmSync(caFile, { force: true }));
  return made;
}
