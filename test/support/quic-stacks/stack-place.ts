import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type QuicConnection, type QuicSession } from "ngtcp2-napi";
import {
  CertificateAuthority,
  type Identity,
} from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { SmbClient, type Transport, type TransportFactory } from "../../../src/core/index.ts";
import { QuicStreamTransport } from "../../../src/transports/quic/quic-stream-transport.ts";
import { quicTransport } from "../../../src/transports/quic/quic-transport.ts";
import { PATIENCE_MS } from "../patience.ts";
import { type Samba, startSamba } from "../samba.ts";
import { type QuicStack, RelayProcess } from "./quic-stack.ts";

/** How long a client bears silence where that is what is tested; others have patience with a busy machine. */
export const TIMEOUT_MS = 1500;

/** A server, a relay of one stack in front of it, and clients. */
export class StackPlace {
  readonly #stack: QuicStack;
  #authority: CertificateAuthority | undefined;
  #identity: Identity | undefined;
  #samba: Samba | undefined;
  #relay: RelayProcess | undefined;

  constructor(stack: QuicStack) {
    this.#stack = stack;
  }

  get samba(): Samba {
    assert.ok(this.#samba !== undefined);
    return this.#samba;
  }

  get relay(): RelayProcess {
    assert.ok(this.#relay !== undefined);
    return this.#relay;
  }

  async prepare(): Promise<void> {
    this.#authority = new CertificateAuthority();
    this.#identity = this.#authority.issue();
    this.#samba = await startSamba();
    this.#relay = await this.newRelay();
  }

  async clear(): Promise<void> {
    await this.#relay?.[Symbol.asyncDispose]();
    await this.#samba?.stop();
    this.#authority?.dispose();
  }

  newRelay(): Promise<RelayProcess> {
    const { host: tcpHost, port: tcpPort } = this.samba;
    assert.ok(this.#identity !== undefined);
    return RelayProcess.start(this.#stack, { ...this.#identity, tcpHost, tcpPort });
  }

  /** Where a program finds the CA. */
  get caFile(): string {
    const file = join(this.samba.directory, "ca.pem");
    writeFileSync(file, this.#ca);
    return file;
  }

  open(port: number = this.relay.port, timeoutMs: number = PATIENCE_MS): Promise<SmbClient> {
    return this.#logOn(quicTransport({ ca: [this.#ca], systemCa: false }), port, timeoutMs);
  }

  /** A client over a connection that is there. */
  openOver(connection: QuicConnection): Promise<SmbClient> {
    const stream = connection.openBidi();
    const endpoint = `127.0.0.1:${this.relay.port}`;
    const about = { name: "localhost", hasIdentity: false };
    const verify = "strict" as const;
    const how = { connection, stream, endpoint, about, verify, clock: systemClock };
    const dial = (): Promise<Transport> => Promise.resolve(new QuicStreamTransport(how));
    const wire = { kind: "quic", defaultPort: 443, unavailable: () => undefined, dial } as const;
    return this.#logOn(wire, this.relay.port, PATIENCE_MS);
  }

  connect(session?: QuicSession): Promise<QuicConnection> {
    const { port } = this.relay;
    const trust = { ca: this.#ca, systemCa: false };
    return connect({
      host: "localhost",
      address: "127.0.0.1",
      port,
      alpn: "smb",
      ...trust,
      session,
    });
  }

  get #ca(): string {
    return this.#authority?.root.cert ?? "";
  }

  #logOn(transport: TransportFactory, port: number, timeoutMs: number): Promise<SmbClient> {
    const { username, password } = this.samba;
    return SmbClient.connect(
      { host: "localhost", address: "127.0.0.1" },
      {
        transports: [transport],
        order: [{ kind: "quic", port }],
        credentials: { kind: "password", username, domain: "", password },
        timeoutMs,
      },
    );
  }
}
