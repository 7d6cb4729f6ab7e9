import type { ConnectionInfo } from "ngtcp2-napi";
import type { TransportSecurity } from "../../core/transport.ts";
import type { QuicVerify } from "./quic-options.ts";

/** The version field of QUIC version 2 ([RFC 9369] 3.1). */
const VERSION_2 = 0x6b3343cf;

/** What was agreed on in a handshake, and how much of it was checked. */
export function securityOf(info: ConnectionInfo, verify: QuicVerify): TransportSecurity {
  const { verification } = info;
  return {
    protocol: "TLS 1.3",
    carrier: `QUIC version ${info.version === VERSION_2 ? 2 : info.version}`,
    cipher: info.cipher,
    group: info.group,
    verification: verification.isAccepted ? verify : "none",
    peerCertificates: verification.chain,
  };
}
