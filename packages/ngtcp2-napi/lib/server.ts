import { socketError } from "./connect.ts";
import { QuicConnection } from "./connection.ts";
import {
  type EndpointStatistics,
  type NativeConnection,
  type NativeEndpoint,
  native,
  type SocketAddress,
} from "./native.ts";
import { type ListenOptions, SecureContext, serverOptions } from "./options.ts";

/** A listening UDP socket with its connections. Made by `listen`. */
export class QuicServer implements AsyncDisposable {
  /** Resolves when the server was closed and its last connection has ended. */
  readonly closed: Promise<void>;
  readonly #endpoint: NativeEndpoint;
  readonly #connections = new Set<QuicConnection>();
  readonly #onConnection: (connection: QuicConnection) => void;
  #resolveClosed: () => void = () => undefined;

  /** @internal */
  constructor(options: ListenOptions, onConnection: (connection: QuicConnection) => void) {
    const context = options.context ?? new SecureContext({ ...options, isServer: true });
    const address = options.host ?? "::";
    const port = options.port ?? 0;
    this.#onConnection = onConnection;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    try {
      this.#endpoint = new (native().Endpoint)({ ...options, address, port }, (incoming) => {
        if (incoming === undefined) {
          this.#resolveClosed();
        } else {
          this.#accept(incoming);
        }
      });
    } catch (error) {
      throw socketError(error, address, port);
    }
    this.#endpoint.listen(serverOptions(options, context));
  }

  /** Where it listens, or undefined once it is closed. */
  get address(): SocketAddress | undefined {
    return this.#endpoint.localAddress();
  }

  /** The connections that are open. */
  get connections(): ReadonlySet<QuicConnection> {
    return this.#connections;
  }

  get statistics(): EndpointStatistics {
    return this.#endpoint.statistics();
  }

  /** Accepts no more, ends all connections, and resolves when they have ended. */
  async close(options: { readonly code?: number; readonly reason?: string } = {}): Promise<void> {
    this.#endpoint.stopListening();
    await Promise.all([...this.#connections].map((connection) => connection.close(options)));
    await this.closed;
  }

  /** Closes the socket at once; peers notice by a stateless reset or their idle time-outs. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#endpoint.close();
    this.#resolveClosed();
  }

  ref(): this {
    this.#endpoint.setReferenced(true);
    return this;
  }

  unref(): this {
    this.#endpoint.setReferenced(false);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(incoming: NativeConnection): void {
    const connection = new QuicConnection(incoming, {
      isServer: true,
      serverName: "",
      verify: "full",
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    this.#onConnection(connection);
  }
}

/**
 * Listens for QUIC connections; `onConnection` gets each one whose handshake is complete.
 *
 * @example
 * const server = listen({ port: 4433, alpn: "echo", cert, key }, (connection) => {
 *   connection.onStream((stream) => {
 *     stream.start({ data: (bytes) => void stream.write(bytes), end: () => stream.end() });
 *   });
 * });
 *
 * @throws {QuicError} of kind "system" where the port is taken
 */
export function listen(
  options: ListenOptions,
  onConnection: (connection: QuicConnection) => void,
): QuicServer {
  return new QuicServer(options, onConnection);
}
