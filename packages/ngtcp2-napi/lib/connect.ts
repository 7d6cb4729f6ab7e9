import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import { getSystemErrorName } from "node:util";
import { QuicConnection } from "./connection.ts";
import { QuicError } from "./errors.ts";
import { type NativeEndpoint, native } from "./native.ts";
import { type ConnectOptions, clientOptions, SecureContext } from "./options.ts";

/**
 * Connects to a QUIC server. The addresses of a name are tried one after the other.
 *
 * @example
 * const connection = await connect({ host: "nas.example", port: 443, alpn: "smb" });
 * const stream = connection.openBidi();
 * stream.start({ data: (bytes) => process.stdout.write(bytes), end: () => connection.close() });
 * await stream.write(Buffer.from("hello"));
 * stream.end();
 *
 * @throws {QuicError} with what the peer said, what was wrong with its certificate, or that nobody
 * answered; the reason of the signal where that aborts; an error of dns where the name is unknown
 */
export async function connect(options: ConnectOptions): Promise<QuicConnection> {
  options.signal?.throwIfAborted();
  const context = options.context ?? new SecureContext(options);
  let failure: unknown;
  for (const address of await addressesOf(options)) {
    options.signal?.throwIfAborted();
    try {
      return await connectTo(address, options, context);
    } catch (error) {
      if (!isWorthAnotherAddress(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function addressesOf({ address, host }: ConnectOptions): Promise<readonly string[]> {
  if (address !== undefined) return [address];
  if (isIP(host) !== 0) return [host];
  return (await lookup(host, { all: true })).map((entry) => entry.address);
}

function isWorthAnotherAddress(error: unknown): boolean {
  return (
    error instanceof QuicError && (error.kind === "system" || error.kind === "handshake-timeout")
  );
}

async function connectTo(
  address: string,
  options: ConnectOptions,
  context: SecureContext,
): Promise<QuicConnection> {
  const endpoint = openEndpoint(address, options);
  let connection: QuicConnection;
  try {
    connection = new QuicConnection(endpoint.connect(clientOptions(options, context)), {
      isServer: false,
      serverName: options.serverName ?? options.host,
      verify: options.verify ?? "full",
    });
  } catch (error) {
    endpoint.close();
    throw error;
  }
  const { signal } = options;
  // The server hears of it, or it would keep half a connection until its own time-out.
  const abort = (): void => void connection.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await connection.whenEstablished();
    return connection;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function openEndpoint(address: string, options: ConnectOptions): NativeEndpoint {
  const bind = options.localAddress ?? (isIPv6(address) ? "::" : "0.0.0.0");
  try {
    return new (native().Endpoint)(
      {
        address: bind,
        port: options.localPort ?? 0,
        remoteAddress: address,
        remotePort: options.port,
        gso: options.gso,
        gro: options.gro,
        socketBuffer: options.socketBuffer,
      },
      () => undefined,
    );
  } catch (error) {
    throw socketError(error, address, options.port);
  }
}

/** An error of opening the socket as a QuicError; others as they are. */
export function socketError(error: unknown, address: string, port: number): unknown {
  const { errno } = error as { errno?: number };
  if (errno === undefined) return error;
  return new QuicError(`${getSystemErrorName(errno)} on ${address} port ${port}`, {
    kind: "system",
    errno: -errno,
  });
}
