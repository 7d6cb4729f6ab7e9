import { createHash } from "node:crypto";
import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type QuicConnection,
  type QuicServer,
  type QuicStream,
  unavailable,
} from "../lib/index.ts";
import { makeCertificates } from "./certificates.ts";

/** The reason to skip, printed by the runner, or false. */
export const skip: string | false = unavailable() ?? false;

const identity = skip === false ? makeCertificates() : undefined;

/** The CA and the certificate of localhost that all tests of a file share. */
export const { ca, server: serverIdentity } = identity ?? { ca: "", server: { cert: "", key: "" } };

/** Things to be closed when a test ends, last first. */
export class Scope implements AsyncDisposable {
  readonly #closers: (() => Promise<unknown> | unknown)[] = [];

  defer(close: () => Promise<unknown> | unknown): void {
    this.#closers.push(close);
  }

  listen(
    onConnection: (connection: QuicConnection) => void,
    options: Partial<ListenOptions> = {},
  ): QuicServer {
    const server = listen(
      { host: "127.0.0.1", alpn: "test", ...serverIdentity, ...options },
      onConnection,
    );
    this.defer(() => server.close());
    return server;
  }

  async connect(port: number, options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
    const connection = await connect({
      ...{ host: "localhost", address: "127.0.0.1", port, alpn: "test", ca, systemCa: false },
      ...options,
    });
    this.defer(() => connection.close());
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/** Runs a test with a scope that is closed whatever happens. */
export async function scoped(body: (scope: Scope) => Promise<void>): Promise<void> {
  const scope = new Scope();
  try {
    await body(scope);
  } finally {
    await scope[Symbol.asyncDispose]();
  }
}

export function portOf(server: QuicServer): number {
  const port = server.address?.port;
  if (port === undefined) throw new Error("The server is closed");
  return port;
}

/** Sends everything back, holding the sender back where its own peer does not read. */
export function echo(connection: QuicConnection): void {
  connection.onStream((stream) => {
    let behind = 0;
    stream.start({
      data: (bytes) => {
        behind += bytes.length;
        if (behind > 4 << 20) stream.pause();
        stream.write(bytes).then(
          () => {
            behind -= bytes.length;
            if (behind <= 4 << 20) stream.resume();
          },
          () => undefined,
        );
      },
      end: () => stream.end(),
    });
  });
}

/** Reads a stream to its end. */
export function readAll(stream: QuicStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    stream.start({
      data: (bytes) => chunks.push(bytes),
      end: () => resolve(Buffer.concat(chunks)),
      error: reject,
    });
  });
}

/** The length and SHA-256 of everything that a stream brings, read into one reused buffer. */
export function digestOf(stream: QuicStream): Promise<{ length: number; sha256: string }> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    const memory = new Uint8Array(1 << 20);
    let length = 0;
    stream.start({
      writable: () => memory,
      advance: (count) => {
        length += count;
        hash.update(memory.subarray(0, count));
      },
      end: () => resolve({ length, sha256: hash.digest("hex") }),
      error: reject,
    });
  });
}

/** Bytes that differ everywhere, made faster than random ones. */
export function pattern(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < words.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** Sends `total` bytes in parts that change, and returns their SHA-256. */
export async function sendPattern(
  stream: QuicStream,
  total: number,
  seed: number,
): Promise<string> {
  const hash = createHash("sha256");
  const source = pattern(3 << 20, seed);
  const waiting: Promise<void>[] = [];
  let offset = 0;
  for (let sent = 0; sent < total; ) {
    const size = Math.min(1 << 20, total - sent);
    offset = (offset + 4099) % (source.length - size + 1);
    const part = source.subarray(offset, offset + size);
    hash.update(part);
    waiting.push(stream.write([part.subarray(0, 100), part.subarray(100)]));
    if (waiting.length > 8) await waiting.shift();
    sent += size;
  }
  stream.end();
  await Promise.all(waiting);
  return hash.digest("hex");
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
