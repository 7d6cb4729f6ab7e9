import { isIP } from "node:net";
import { UnsupportedError } from "../../core/errors.ts";
import type { TransportFactory } from "../../core/transport.ts";

const MISSING = "QUIC needs the ngtcp2-napi addon, which is not part of this release";

/** SMB over QUIC: UDP port 443, TLS 1.3 below the messages. Not usable yet; it says why. */
export function quicTransport(): TransportFactory {
  return {
    kind: "quic",
    defaultPort: 443,
    unavailable: () => MISSING,
    unsuitable: ({ host }) =>
      isIP(host) === 0
        ? undefined
        : `QUIC checks the server's certificate against its name, and ${host} is an address`,
    dial: () => Promise.reject(new UnsupportedError(MISSING)),
  };
}
