import { isIP } from "node:net";
import { systemClock } from "../../core/clock.ts";
import {
  type DialOptions,
  formatEndpoint,
  type Transport,
  type TransportFactory,
} from "../../core/transport.ts";
import { certificateName, noCertificateFor } from "./certificate-name.ts";
import { dialConnection, type QuicTarget } from "./dial-connection.ts";
import { kernelQuicRemark } from "./kernel-quic.ts";
import { quicAddon } from "./quic-addon.ts";
import type { QuicOptions } from "./quic-options.ts";
import { QuicStreamTransport } from "./quic-stream-transport.ts";

export type { QuicOptions } from "./quic-options.ts";

/** The port of SMB over QUIC, UDP ([MS-SMB2] 2.1). */
export const QUIC_PORT = 443;

/**
 * How long to wait for a handshake after TCP: a host whose TCP port refuses at once and whose firewall
 * drops UDP must not keep anybody waiting. It leaves time for a repetition of the first packet, which
 * follows after a second ([RFC 9002] 6.2.2), and its answer.
 */
const FALLBACK_TIMEOUT_MS = 2000;

/** SMB over QUIC ([MS-SMB2] 2.1): UDP port 443, TLS 1.3, one stream; dialect 3.1.1 only. */
export function quicTransport(options: QuicOptions = {}): TransportFactory {
  const remarks = new Set<string>();
  return {
    kind: "quic",
    defaultPort: QUIC_PORT,
    fallbackTimeoutMs: FALLBACK_TIMEOUT_MS,
    unavailable: () => quicAddon.unavailable(),
    unsuitable: ({ host }) => quicUnsuitable(host, options),
    remarks: () => [...remarks],
    dial: (target, dialOptions) =>
      dial({ ...target, port: target.port ?? QUIC_PORT }, options, dialOptions, remarks),
  };
}

/** Why QUIC cannot reach `host`, or undefined: certificates are for names. */
export function quicUnsuitable(
  host: string,
  { serverName }: Pick<QuicOptions, "serverName">,
): string | undefined {
  const name = serverName ?? host;
  if (certificateName(name) === undefined) return noCertificateFor(name);
  if (isIP(host) === 0 || serverName !== undefined) return undefined;
  return `QUIC checks the server's certificate against its name, and ${host} is an address`;
}

async function dial(
  target: QuicTarget,
  options: QuicOptions,
  dialOptions: DialOptions,
  remarks: Set<string>,
): Promise<Transport> {
  dialOptions.signal.throwIfAborted();
  const { loadAddon } = await import("./load-addon.ts");
  const addon = await loadAddon();
  const endpoint = formatEndpoint(target.address ?? target.host, target.port);
  const { provider = "auto", verify = "strict", clock = systemClock } = options;
  const remark = kernelQuicRemark(addon, provider, endpoint);
  if (remark !== undefined) remarks.add(remark);
  const dialled = await dialConnection(addon, target, options, dialOptions);
  const stream = dialled.connection.openBidi();
  return new QuicStreamTransport({ ...dialled, stream, verify, clock });
}
