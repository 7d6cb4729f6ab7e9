import type { RdmaDevice } from "./device.ts";
import { calling, failure } from "./failures.ts";
import type {
  ConnectionRequest,
  ConnectOptions,
  EndpointOptions,
  ListenOptions,
  RdmaConnection,
  RdmaListener,
  RdmaProvider,
} from "./interface.ts";
import { EventType, type NativeConnection, type NativeProvider } from "./native.ts";
import { type EndpointBuffers, establish, NativeRdmaConnection } from "./native-connection.ts";
import { NativeRdmaListener } from "./native-listener.ts";
import { NativeRdmaDomain } from "./native-memory.ts";

const NOTHING = new Uint8Array();

/** What the two providers of the addon have in common. */
export abstract class AddonProvider implements RdmaProvider {
  abstract readonly name: string;
  abstract readonly isForTests: boolean;

  abstract unavailable(): string | undefined;
  abstract devices(): readonly RdmaDevice[];
  protected abstract get native(): NativeProvider;

  async connect(options: ConnectOptions): Promise<RdmaConnection> {
    const { address, port, localAddress = "", resolveTimeoutMs = 5000, signal } = options;
    signal?.throwIfAborted();
    const native = calling(() =>
      this.native.resolve(address, port, localAddress, resolveTimeoutMs),
    );
    return await this.#complete(native, options, signal, false);
  }

  async listen(
    options: ListenOptions,
    incoming: (request: ConnectionRequest) => void,
  ): Promise<RdmaListener> {
    const { address, port, backlog = 16 } = options;
    return new NativeRdmaListener(
      (accepted) => calling(() => this.native.listen(address, port, backlog, accepted)),
      (connection) => incoming(this.#request(connection)),
    );
  }

  #request(native: NativeConnection): ConnectionRequest {
    const device = this.#device(native.deviceName());
    const [privateData, initiatorDepth, responderResources] = native.request();
    const accept = (options: EndpointOptions): Promise<RdmaConnection> =>
      this.#complete(native, options, undefined, true);
    const reject = (bytes: Uint8Array = NOTHING): void => native.reject(bytes);
    const numbers = { privateData, initiatorDepth, responderResources };
    return { device, ...native.addresses(), ...numbers, accept, reject };
  }

  /** Drives a connection until it is there or failed. */
  #complete(
    native: NativeConnection,
    options: EndpointOptions,
    signal: AbortSignal | undefined,
    isIncoming: boolean,
  ): Promise<RdmaConnection> {
    return new Promise((resolve, reject) => {
      let buffers: EndpointBuffers | undefined;
      let connection: NativeRdmaConnection | undefined;
      const fail = (error: unknown): void => {
        signal?.removeEventListener("abort", abort);
        native.destroy();
        buffers?.receive.region.close();
        buffers?.send.region.close();
        reject(error);
      };
      const abort = (): void => fail(signal?.reason);
      const begin = (): void => {
        try {
          const device = this.#device(native.deviceName());
          const domain = calling(() => native.domain());
          buffers = establish(native, new NativeRdmaDomain(domain, device.name), device, options);
        } catch (error) {
          fail(error);
        }
      };
      native.attach((type, first, second, bytes) => {
        if (connection !== undefined) connection.event(type, first, second);
        else if (type === EventType.RESOLVED) begin();
        else if (type === EventType.ESTABLISHED && buffers !== undefined) {
          signal?.removeEventListener("abort", abort);
          connection = new NativeRdmaConnection(
            native,
            this.#device(native.deviceName()),
            buffers,
            {
              ...{
                initiatorDepth: first,
                responderResources: second,
                privateData: bytes ?? NOTHING,
              },
            },
          );
          resolve(connection);
        } else if (type === EventType.FAILED || type === EventType.CLOSED) {
          fail(failure(first, second, bytes));
        }
      });
      signal?.addEventListener("abort", abort, { once: true });
      if (isIncoming) begin();
    });
  }

  #device(name: string): RdmaDevice {
    const found = this.devices().find((device) => device.name === name);
    if (found !== undefined) return found;
    return { name, transport: "roce", ports: [], limits: undefined, problem: "It has just gone" };
  }
}
