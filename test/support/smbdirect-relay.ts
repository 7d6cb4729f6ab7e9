import type { RdmaListener, RdmaProvider } from "rdma-verbs-napi";
import { systemClock } from "../../src/core/clock.ts";
import type { Transport } from "../../src/core/transport.ts";
import { acceptSmbDirect } from "../../src/transports/smbdirect/establish.ts";
import {
  DEFAULT_SETTINGS,
  type SmbdSettings,
} from "../../src/transports/smbdirect/smbd-settings.ts";
import { tcpTransport } from "../../src/transports/tcp/tcp-transport.ts";
import { buffersFor } from "./smbd-listener.ts";

/** SMB Direct whose accepting side reaches no memory: what is behind it knows nothing of RDMA. */
export const RELAY_SETTINGS: SmbdSettings = { ...DEFAULT_SETTINGS, maxReadWriteSize: 0 };

/** Ends SMB Direct and passes the messages to a TCP port: SMB Direct in front of any smbd. */
export class SmbDirectRelay implements AsyncDisposable {
  readonly port: number;
  readonly #listener: RdmaListener;
  readonly #wires: Set<Transport>;

  /** Use `SmbDirectRelay.listen`. */
  private constructor(listener: RdmaListener, wires: Set<Transport>) {
    this.port = listener.port;
    this.#listener = listener;
    this.#wires = wires;
  }

  static async listen(
    provider: RdmaProvider,
    server: { readonly host: string; readonly port: number },
  ): Promise<SmbDirectRelay> {
    const wires = new Set<Transport>();
    const listener = await provider.listen({ address: "127.0.0.1", port: 0 }, (request) => {
      const accepted = request.accept({ ...buffersFor(RELAY_SETTINGS), sendQueueDepth: 400 });
      const options = { settings: RELAY_SETTINGS, clock: systemClock, endpoint: "client" };
      accepted
        .then((connection) => acceptSmbDirect(connection, options))
        .then((wire) => relay(wire, server, wires))
        .catch(() => undefined);
    });
    return new SmbDirectRelay(listener, wires);
  }

  /** Messages so far, of the newest connection, in both directions. */
  get bytes(): number {
    return [...this.#wires].reduce((sum, wire) => sum + wire.bytesReceived, 0);
  }

  /** Cuts every connection, as a link that goes down. */
  cut(): void {
    for (const wire of this.#wires) void wire.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#wires].map((wire) => wire.close()));
    await this.#listener.close();
  }
}

async function relay(
  wire: Transport,
  target: { readonly host: string; readonly port: number },
  wires: Set<Transport>,
): Promise<void> {
  const { signal } = new AbortController();
  const tcp = await tcpTransport().dial(target, { signal });
  wires.add(wire);
  wires.add(tcp);
  join(wire, tcp);
  join(tcp, wire);
}

/** SMB2's credits bound what is under way, so nothing needs to be held back. */
function join(from: Transport, to: Transport): void {
  from.start({
    allocate: (length) => new Uint8Array(length),
    message: (bytes) => {
      to.send([bytes]).catch(() => void from.close());
    },
    closed: () => void to.close(),
  });
}
