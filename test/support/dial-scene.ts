import assert from "node:assert/strict";
import { DialError } from "../../src/core/dial-error.ts";
import { type DialerOptions, type DialResult, dial } from "../../src/core/dialer.ts";
import { DialFailure, ProtocolError } from "../../src/core/errors.ts";
import type {
  DialOptions,
  DialTarget,
  Transport,
  TransportFactory,
  TransportKind,
} from "../../src/core/transport.ts";
import { turns } from "../compliance/transport.ts";
import { ManualClock } from "./clock.ts";

/** A wire that connects or fails when the test says so. */
export class FakeWire implements TransportFactory {
  readonly kind: TransportKind;
  readonly defaultPort: number;
  readonly dials: { readonly target: DialTarget; readonly options: DialOptions }[] = [];
  missing: string | undefined;
  closed = 0;
  #settle: {
    readonly resolve: (wire: Transport) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  constructor(kind: TransportKind, defaultPort: number) {
    this.kind = kind;
    this.defaultPort = defaultPort;
  }

  unavailable(): string | undefined {
    return this.missing;
  }

  dial(target: DialTarget, options: DialOptions): Promise<Transport> {
    this.dials.push({ target, options });
    return new Promise((resolve, reject) => this.#settle.push({ resolve, reject }));
  }

  async connect(): Promise<Transport> {
    const wire = {
      kind: this.kind,
      remoteAddress: `192.0.2.7:${this.defaultPort}`,
      close: async () => {
        this.closed += 1;
      },
    } as unknown as Transport;
    this.#settle.shift()?.resolve(wire);
    await turns(1);
    return wire;
  }

  async fail(error: Error): Promise<void> {
    this.#settle.shift()?.reject(error);
    await turns(1);
  }

  get isAborted(): boolean {
    return this.dials.at(-1)?.options.signal.aborted === true;
  }
}

/** A wire that has connected and is asked for a sign of life. */
export interface Proof {
  readonly transport: Transport;
  readonly lost: AbortSignal;
  resolve(): void;
  reject(error: Error): void;
}

export function scene() {
  const clock = new ManualClock();
  const tcp = new FakeWire("tcp", 445);
  const quic = new FakeWire("quic", 443);
  const nbt = new FakeWire("nbt", 139);
  const proofs: Proof[] = [];
  const start = (
    target: DialTarget,
    options: Partial<DialerOptions<Transport>> = {},
  ): Promise<DialResult<Transport>> =>
    dial<Transport>(target, {
      factories: [nbt, quic, tcp],
      order: [{ kind: "tcp" }, { kind: "quic" }, { kind: "nbt" }],
      establish: async (transport) => transport,
      isAnswer: (error) => error instanceof ProtocolError,
      discard: (late) => void late.close(),
      clock,
      ...options,
    });
  /** The same, where a wire that has connected still has to prove itself. */
  const startProving = (options: Partial<DialerOptions<Transport>> = {}) =>
    start(
      { host: "nas" },
      {
        establish: (transport, lost) =>
          new Promise((resolve, reject) => {
            proofs.push({ transport, lost, resolve: () => resolve(transport), reject });
          }),
        ...options,
      },
    );
  return { clock, tcp, quic, nbt, proofs, start, startProving };
}

export function refusal(port: number): DialFailure {
  return new DialFailure(`192.0.2.7:${port}`, "connection refused", { reason: "refused" });
}

export async function errorOf(dialling: Promise<DialResult<Transport>>): Promise<DialError> {
  const error = await dialling.then(
    () => assert.fail("it connected"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DialError, String(error));
  return error;
}
