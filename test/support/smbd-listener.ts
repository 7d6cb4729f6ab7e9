import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Transport } from "../../src/core/transport.ts";
import { acceptSmbDirect } from "../../src/transports/smbdirect/establish.ts";
import { SmbdCredits } from "../../src/transports/smbdirect/smbd-credits.ts";
import {
  DEFAULT_SETTINGS,
  type SmbdSettings,
} from "../../src/transports/smbdirect/smbd-settings.ts";
import type { FakeQueuePair, FakeVerbs } from "./fake-verbs.ts";

/** What the accepting side of an SMB Direct connection is made with. */
export interface EndpointBuffers {
  readonly receiveBuffers: { readonly size: number; readonly count: number };
  readonly sendBuffers: { readonly size: number; readonly count: number };
}

/** Buffers for an accepting side with these settings. */
export function buffersFor(settings: SmbdSettings): EndpointBuffers {
  const count = SmbdCredits.receivesFor(settings.receiveCreditMax);
  return {
    receiveBuffers: { size: settings.maxReceiveSize, count },
    sendBuffers: { size: settings.maxSendSize, count: settings.sendCreditTarget },
  };
}

/** Accepts SMB Direct on a port of `verbs`; `accepted` gets each connection and its queue pair. */
export function listenFake(
  verbs: FakeVerbs,
  accepted: (wire: Transport, queuePair: FakeQueuePair) => void,
  options: {
    readonly port?: number;
    readonly settings?: SmbdSettings;
    readonly clock?: Clock;
  } = {},
): void {
  const { port = 445, settings = DEFAULT_SETTINGS, clock = systemClock } = options;
  verbs.listen(port, (accept) => {
    const queuePair = accept(buffersFor(settings));
    acceptSmbDirect(queuePair, { settings, clock, endpoint: "client" }).then(
      (wire) => accepted(wire, queuePair),
      () => undefined,
    );
  });
}
