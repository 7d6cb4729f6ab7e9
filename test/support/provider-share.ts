import type { RdmaConnection, RdmaListener, RdmaProvider } from "rdma-verbs-napi";
import { systemClock } from "../../src/core/clock.ts";
import { acceptSmbDirect } from "../../src/transports/smbdirect/establish.ts";
import { DEFAULT_SETTINGS } from "../../src/transports/smbdirect/smbd-settings.ts";
import { smbDirectTransport } from "../../src/transports/smbdirect/smbdirect-transport.ts";
import {
  Access,
  COMPLETION_WORDS,
  CompletionField,
  type VerbsConnection,
  type VerbsHandler,
} from "../../src/transports/smbdirect/verbs.ts";
import type { FakeServerOptions } from "./fake-server.ts";
import { type PeerMemory, PlacingShare } from "./placing-share.ts";
import { buffersFor } from "./smbd-listener.ts";

/** The ids of our own RDMA requests; messages have smaller ones. */
const FIRST_ID = 0x8000_0000;

/** One file behind SMB Direct, over queue pairs of a provider: its device decides what is reached. */
export class ProviderShare extends PlacingShare implements AsyncDisposable {
  readonly #provider: RdmaProvider;
  #listener: RdmaListener | undefined;
  /** The server's ends, in the order in which they came. */
  readonly connections: RdmaConnection[] = [];

  /** Use `ProviderShare.listen`. */
  private constructor(provider: RdmaProvider, content: Uint8Array, options: FakeServerOptions) {
    super(content, options);
    this.#provider = provider;
  }

  static async listen(
    provider: RdmaProvider,
    content: Uint8Array,
    options: FakeServerOptions = {},
  ): Promise<ProviderShare> {
    const share = new ProviderShare(provider, content, options);
    share.#listener = await provider.listen({ address: "127.0.0.1", port: 0 }, (request) => {
      const accepted = request.accept({ ...buffersFor(DEFAULT_SETTINGS), sendQueueDepth: 600 });
      accepted.then((connection) => share.#serve(connection)).catch(() => undefined);
    });
    return share;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  factory(): ReturnType<typeof smbDirectTransport> {
    return smbDirectTransport({ verbs: this.#provider });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener?.close();
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  async #serve(connection: RdmaConnection): Promise<void> {
    this.connections.push(connection);
    const reaching = new Reaching(connection);
    const wire = await acceptSmbDirect(reaching.verbs, {
      ...{ settings: DEFAULT_SETTINGS, clock: systemClock, endpoint: "client" },
    });
    this.accept(wire, reaching);
  }
}

/** A queue pair that carries messages, and whose owner reaches the peer's memory besides. */
class Reaching implements PeerMemory {
  /** For SMB Direct: it sees its own work only. */
  readonly verbs: VerbsConnection;
  readonly #connection: RdmaConnection;
  readonly #waiting = new Map<number, (status: number) => void>();
  readonly #keys: number[] = [];
  #nextId = FIRST_ID;

  constructor(connection: RdmaConnection) {
    this.#connection = connection;
    this.verbs = new Proxy(connection as VerbsConnection, {
      get: (real, name) => {
        if (name === "start") return (handler: VerbsHandler) => this.#start(handler);
        if (name === "postSend") return this.#postSend;
        const value = Reflect.get(real, name, real) as unknown;
        return typeof value === "function" ? value.bind(real) : value;
      },
    });
  }

  async write(bytes: Uint8Array, address: bigint, key: number): Promise<boolean> {
    const region = this.#connection.domain.allocate(bytes.length, Access.LOCAL_WRITE);
    region.memory.set(bytes);
    const range = { region, offset: 0, length: bytes.length };
    const isDone = await this.#do((id) => this.#connection.postWrite(id, [range], address, key));
    region.close();
    return isDone;
  }

  async read(length: number, address: bigint, key: number): Promise<Uint8Array | undefined> {
    const region = this.#connection.domain.allocate(length, Access.LOCAL_WRITE);
    const range = { region, offset: 0, length };
    const isDone = await this.#do((id) => this.#connection.postRead(id, [range], address, key));
    const bytes = isDone ? region.memory.slice() : undefined;
    region.close();
    return bytes;
  }

  invalidateWithNextSend(key: number): void {
    this.#keys.push(key);
  }

  readonly #postSend: VerbsConnection["postSend"] = (id, slot, length, flags) => {
    const key = this.#keys.shift();
    if (key === undefined) this.#connection.postSend(id, slot, length, flags);
    else this.#connection.postSendInvalidate(id, slot, length, key);
  };

  /** Posts one request: whether it succeeded. */
  #do(post: (id: number) => void): Promise<boolean> {
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve) => {
      this.#waiting.set(id, (status) => resolve(status === 0));
      try {
        post(id);
        this.#connection.submit();
      } catch {
        this.#end(id, 1);
      }
    });
  }

  #start(handler: VerbsHandler): void {
    this.#connection.start({
      completions: (count, records) => {
        for (let at = 0; at < count * COMPLETION_WORDS; at += COMPLETION_WORDS) {
          const id = records[at + CompletionField.ID] ?? 0;
          this.#end(id, records[at + CompletionField.STATUS] ?? 0);
        }
        handler.completions(count, records);
      },
      closed: (error) => {
        for (const id of [...this.#waiting.keys()]) this.#end(id, 1);
        handler.closed(error);
      },
    });
  }

  #end(id: number, status: number): void {
    this.#waiting.get(id)?.(status);
    this.#waiting.delete(id);
  }
}
