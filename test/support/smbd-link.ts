import type { Clock } from "../../src/core/clock.ts";
import { SmbdConnection } from "../../src/transports/smbdirect/smbd-connection.ts";
import { SmbdCredits } from "../../src/transports/smbdirect/smbd-credits.ts";
import {
  encodeNegotiateRequest,
  encodeNegotiateResponse,
} from "../../src/transports/smbdirect/smbd-messages.ts";
import {
  acceptNegotiate,
  answerNegotiate,
  negotiateRequest,
  type SmbdParameters,
} from "../../src/transports/smbdirect/smbd-negotiation.ts";
import type { SendBuffer, SmbdPort } from "../../src/transports/smbdirect/smbd-port.ts";
import type { SmbdSettings } from "../../src/transports/smbdirect/smbd-settings.ts";

/** One end of a link in this process: messages lie in a queue until a test delivers them. */
export class SmbdEnd implements SmbdPort {
  /** Sent, and not yet delivered to the other end. */
  readonly outbox: Uint8Array[] = [];
  /** Whole messages that arrived. */
  readonly inbox: Uint8Array[] = [];
  readonly faults: Error[] = [];
  readonly connection: SmbdConnection;
  sentCount = 0;
  #buffers: number;
  #freeReceives: number;
  #taken: Uint8Array | undefined;
  readonly #size: number;

  constructor(options: {
    readonly parameters: SmbdParameters;
    readonly settings: SmbdSettings;
    readonly initialGrant: number;
    readonly clock: Clock;
    readonly buffers?: number;
  }) {
    this.#size = options.parameters.maxSendSize;
    this.#buffers = options.buffers ?? options.settings.sendCreditTarget;
    this.#freeReceives = SmbdCredits.receivesFor(options.settings.receiveCreditMax);
    this.connection = new SmbdConnection({
      ...options,
      port: this,
      sink: {
        allocate: (length) => new Uint8Array(length + 3),
        message: (bytes) => this.inbox.push(bytes),
      },
      onFault: (error) => this.faults.push(error),
    });
  }

  takeSendBuffer(): SendBuffer | undefined {
    if (this.#buffers === 0) return undefined;
    this.#buffers -= 1;
    this.#taken = new Uint8Array(this.#size).fill(0xee);
    return { bytes: this.#taken, view: new DataView(this.#taken.buffer) };
  }

  post(length: number): void {
    if (this.#taken === undefined || length > this.#size) throw new Error("no such buffer");
    this.outbox.push(this.#taken.subarray(0, length));
    this.#taken = undefined;
    this.sentCount += 1;
  }

  flush(): void {}

  /** A message came: it takes a posted receive, or the connection would break (receiver not ready). */
  take(message: Uint8Array): void {
    if (this.#freeReceives === 0) throw new Error("No receive is posted for this message");
    this.#freeReceives -= 1;
    this.connection.receive(message);
    this.#freeReceives += 1;
  }

  /** Delivers up to `count` of what we sent to `peer`, as one batch. */
  deliver(peer: SmbdEnd, count = 1): void {
    const batch = this.outbox.splice(0, count);
    for (const message of batch) peer.take(message);
    peer.connection.settle();
    this.#buffers += batch.length;
    this.connection.pump();
  }
}

/** Two ends that have negotiated with each other. */
export function negotiatedPair(
  ours: SmbdSettings,
  theirs: SmbdSettings,
  clock: Clock,
  buffers?: number,
): [client: SmbdEnd, server: SmbdEnd] {
  const request = encodeNegotiateRequest(negotiateRequest(ours));
  const { response, parameters } = answerNegotiate(request, theirs);
  if (parameters === undefined) throw new Error("refused");
  const agreed = acceptNegotiate(encodeNegotiateResponse(response), ours);
  const more = { clock, ...(buffers === undefined ? {} : { buffers }) };
  return [
    new SmbdEnd({ parameters: agreed, settings: ours, initialGrant: 0, ...more }),
    new SmbdEnd({
      ...{ parameters, settings: theirs, initialGrant: response.creditsGranted, ...more },
    }),
  ];
}

/** Delivers in turn until nobody has anything to say; throws where that never happens. */
export function settle(client: SmbdEnd, server: SmbdEnd, most = 100_000): void {
  for (let turn = 0; client.outbox.length + server.outbox.length > 0; turn += 1) {
    if (turn > most) throw new Error("The two ends never stop talking");
    if (client.outbox.length > 0) client.deliver(server);
    if (server.outbox.length > 0) server.deliver(client);
  }
}
