import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import quiche from "@matrixai/quic/native/quiche.js";
import { type Config, Type } from "@matrixai/quic/native/types.js";
import { QuicheConnection } from "./quiche-connection.ts";
import type { RelaySettings } from "./relay-settings.ts";

const HOST = "127.0.0.1";
const ID_LENGTH = 16;
/** What RFC 9000 allows every path (14.1), and a loopback surely. */
const DATAGRAM = 1350;
const WINDOW = 16 * 1024 * 1024;

/**
 * Ends QUIC by quiche and BoringSSL and passes the bytes to a TCP port. It stands on quiche itself:
 * the server of @matrixai/quic refuses a stream whose first bytes come with the end of the handshake.
 */
export class QuicheRelay implements AsyncDisposable {
  readonly #settings: RelaySettings;
  readonly #config: Config;
  readonly #udp: UdpSocket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  /** By the identifiers that their clients may write to. */
  readonly #connections = new Map<string, QuicheConnection>();

  private constructor(settings: RelaySettings) {
    this.#settings = settings;
    this.#config = makeConfig(settings);
    this.#udp.on("message", (bytes, from) => this.#receive(bytes, from));
    this.#udp.on("error", () => {});
  }

  static async start(settings: RelaySettings): Promise<QuicheRelay> {
    const relay = new QuicheRelay(settings);
    relay.#udp.bind(settings.port ?? 0, HOST);
    await once(relay.#udp, "listening");
    return relay;
  }

  get port(): number {
    return this.#udp.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of new Set(this.#connections.values())) connection.close();
    this.#udp.close();
    await once(this.#udp, "close");
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const peer = { host: from.address, port: from.port };
    const header = quiche.Header.fromSlice(bytes, ID_LENGTH);
    const known = this.#connections.get(nameOf(header.dcid));
    if (known !== undefined) {
      known.receive(bytes, peer);
    } else if (header.ty === Type.Initial && quiche.versionIsSupported(header.version)) {
      this.#accept(header.dcid, peer).receive(bytes, peer);
    }
  }

  #accept(
    theirs: Uint8Array,
    peer: { readonly host: string; readonly port: number },
  ): QuicheConnection {
    const ours = randomBytes(ID_LENGTH);
    const local = { host: HOST, port: this.port };
    const connection = new QuicheConnection({
      native: quiche.Connection.accept(ours, undefined, local, peer, this.#config),
      local,
      datagram: DATAGRAM,
      send: (bytes, { host, port }) => this.#udp.send(bytes, port, host),
      target: this.#settings,
      ended: () => {
        for (const id of [ours, theirs]) this.#connections.delete(nameOf(id));
      },
    });
    for (const id of [ours, theirs]) this.#connections.set(nameOf(id), connection);
    return connection;
  }
}

function makeConfig({ key, cert }: RelaySettings): Config {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const config = quiche.Config.withBoringSslCtx(false, false, null, [encode(key)], [encode(cert)]);
  config.setApplicationProtos(["smb"]);
  config.setMaxIdleTimeout(30_000);
  config.setMaxRecvUdpPayloadSize(65_527);
  config.setMaxSendUdpPayloadSize(DATAGRAM);
  config.setInitialMaxData(WINDOW);
  config.setInitialMaxStreamDataBidiRemote(WINDOW);
  config.setInitialMaxStreamsBidi(10);
  return config;
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id).toString("hex");
}
