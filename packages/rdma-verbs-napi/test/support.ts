import {
  COMPLETION_WORDS,
  CompletionField,
  type ConnectOptions,
  type EndpointOptions,
  type ListenOptions,
  type RdmaConnection,
  type RdmaError,
  type RdmaProvider,
} from "../lib/index.ts";
import { testProvider } from "../lib/test-provider.ts";

/** One completion, with names. */
export interface Ended {
  readonly id: number;
  readonly opcode: number;
  readonly status: number;
  readonly bytes: number;
  /** The key that the peer has invalidated. */
  readonly invalidated: number | undefined;
}

/** Collects what a connection tells, and lets tests wait for it. */
export class Collector {
  readonly ended: Ended[] = [];
  readonly events: string[] = [];
  readonly closed: Promise<RdmaError | undefined>;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(connection: RdmaConnection) {
    this.closed = new Promise((resolve) => {
      connection.start({
        completions: (count, records) => {
          for (let index = 0; index < count; index += 1) this.ended.push(read(records, index));
          this.#wake();
        },
        closed: (error) => resolve(error),
        event: ({ type }) => this.events.push(type),
      });
    });
  }

  /** Resolves when there are so many completions. */
  until(count: number): Promise<readonly Ended[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve: () => resolve(this.ended) });
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiting) if (this.ended.length >= waiter.count) waiter.resolve();
  }
}

function read(records: Uint32Array, index: number): Ended {
  const at = (field: number): number => records[index * COMPLETION_WORDS + field] ?? 0;
  const isInvalidated = at(CompletionField.FLAGS) !== 0;
  return {
    id: at(CompletionField.ID),
    opcode: at(CompletionField.OPCODE),
    status: at(CompletionField.STATUS),
    bytes: at(CompletionField.BYTE_LENGTH),
    invalidated: isInvalidated ? at(CompletionField.INVALIDATED_KEY) : undefined,
  };
}

export const BUFFERS = {
  receiveBuffers: { size: 256, count: 8 },
  sendBuffers: { size: 256, count: 8 },
} as const;

/** Both ends of a connection. */
export interface Pair extends AsyncDisposable {
  readonly client: RdmaConnection;
  readonly server: RdmaConnection;
}

export interface PairOptions {
  readonly provider?: RdmaProvider;
  readonly listen?: Partial<ListenOptions>;
  readonly connect?: Partial<ConnectOptions>;
  readonly accept?: Partial<EndpointOptions>;
}

/** Connects two ends inside this process. */
export async function connectPair(options: PairOptions = {}): Promise<Pair> {
  const { provider = testProvider, connect, accept } = options;
  let accepted: Promise<RdmaConnection> | undefined;
  await using listener = await provider.listen(
    { address: "127.0.0.1", port: 0, ...options.listen },
    (request) => {
      accepted = request.accept({ ...BUFFERS, ...accept });
    },
  );
  const { address, port } = listener;
  const client = await provider.connect({ address, port, ...BUFFERS, ...connect });
  const server = await accepted;
  if (server === undefined) throw new Error("Nothing was accepted");
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), server.close()]);
  };
  return { client, server, [Symbol.asyncDispose]: close };
}

export function fill(memory: Uint8Array, seed = 1): Uint8Array {
  for (let index = 0; index < memory.length; index += 1) memory[index] = (index * 7 + seed) & 0xff;
  return memory;
}
