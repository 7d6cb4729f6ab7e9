// QUIC on the system's libngtcp2 and GnuTLS.

export { connect } from "./connect.ts";
export { type ConnectionInfo, QuicConnection } from "./connection.ts";
export {
  alertName,
  alertOf,
  QuicError,
  type QuicErrorKind,
  type Verification,
  type VerificationFlag,
} from "./errors.ts";
export {
  type ConnectionCounters,
  type EndpointStatistics,
  kernelQuicUnavailable,
  libraryVersions,
  type SocketAddress,
  unavailable,
} from "./native.ts";
export {
  type ConnectOptions,
  type ListenOptions,
  type QuicSession,
  QuicVersion,
  SecureContext,
  type SecureContextOptions,
  type TransportOptions,
  type VerifyMode,
} from "./options.ts";
export { listen, QuicServer } from "./server.ts";
export { type ChunkReader, QuicStream, type StreamReader } from "./stream.ts";
