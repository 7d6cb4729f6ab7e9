import type { Clock } from "../../core/clock.ts";
import { ProtocolError, TransportClosedError } from "../../core/errors.ts";
import { QueuePairPort } from "./queue-pair-port.ts";
import { rdmaClosed, rdmaTimeout } from "./rdma-failure.ts";
import { encodeNegotiateRequest, encodeNegotiateResponse } from "./smbd-messages.ts";
import { acceptNegotiate, answerNegotiate, negotiateRequest } from "./smbd-negotiation.ts";
import type { SmbdSettings } from "./smbd-settings.ts";
import { SmbDirectWire } from "./smbdirect-wire.ts";
import type { VerbsConnection } from "./verbs.ts";

/** How to make an SMB Direct connection of a queue pair. */
export interface EstablishOptions {
  readonly settings: SmbdSettings;
  readonly clock: Clock;
  readonly endpoint: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The connecting side ([MS-SMBD] 3.1.4.1): negotiates within the time that the settings allow. Where
 * it fails the queue pair is closed.
 *
 * @throws {DialFailure} where the peer does not answer
 * @throws {TransportClosedError} where it hangs up, or answers with what it must not
 */
export async function connectSmbDirect(
  connection: VerbsConnection,
  options: EstablishOptions,
): Promise<SmbDirectWire> {
  const { settings } = options;
  return establish(connection, options, async (port, first) => {
    sendFirst(port, encodeNegotiateRequest(negotiateRequest(settings)));
    const parameters = acceptNegotiate(await first, settings);
    return new SmbDirectWire({ ...options, port, parameters, initialGrant: 0 });
  });
}

/**
 * The accepting side ([MS-SMBD] 3.1.7.2, 3.1.5.6): waits for the first message. Where it is refused the
 * queue pair is closed.
 *
 * @throws {ProtocolError} where the peer was refused
 */
export async function acceptSmbDirect(
  connection: VerbsConnection,
  options: EstablishOptions,
): Promise<SmbDirectWire> {
  return establish(connection, options, async (port, first) => {
    const { response, parameters } = answerNegotiate(await first, options.settings);
    sendFirst(port, encodeNegotiateResponse(response));
    if (parameters === undefined) {
      await port.idle();
      throw new ProtocolError("The peer does not speak version 1.0 of SMB Direct");
    }
    const initialGrant = response.creditsGranted;
    return new SmbDirectWire({ ...options, port, parameters, initialGrant });
  });
}

async function establish(
  connection: VerbsConnection,
  options: EstablishOptions,
  negotiate: (port: QueuePairPort, first: Promise<Uint8Array>) => Promise<SmbDirectWire>,
): Promise<SmbDirectWire> {
  const port = new QueuePairPort(connection);
  try {
    options.signal?.throwIfAborted();
    const { message, stop } = firstMessage(port, options);
    try {
      return await negotiate(port, message);
    } finally {
      stop();
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function sendFirst(port: QueuePairPort, message: Uint8Array): void {
  port.takeSendBuffer()?.bytes.set(message);
  port.post(message.length);
  port.flush();
}

/** A copy of the first message of the peer, while others stay in their slots. */
function firstMessage(
  port: QueuePairPort,
  { settings, clock, endpoint, signal }: EstablishOptions,
): { readonly message: Promise<Uint8Array>; readonly stop: () => void } {
  let cancel: () => void = () => undefined;
  let onAbort: () => void = () => undefined;
  const message = new Promise<Uint8Array>((resolve, reject) => {
    const { negotiateMs } = settings;
    cancel = clock.after(negotiateMs, () =>
      reject(rdmaTimeout(endpoint, negotiateMs, "no answer to the SMB Direct negotiation")),
    );
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    port.listen({
      message: (bytes) => {
        port.listen(undefined);
        resolve(bytes.slice());
      },
      invalidated: () => undefined,
      invalidationDone: () => undefined,
      settled: () => undefined,
      closed: (error) => reject(rdmaClosed(endpoint, error) ?? hungUp(endpoint)),
    });
  });
  message.catch(() => undefined);
  const stop = (): void => {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  };
  return { message, stop };
}

function hungUp(endpoint: string): TransportClosedError {
  return new TransportClosedError(
    `${endpoint} closed the connection during the SMB Direct negotiation`,
  );
}
