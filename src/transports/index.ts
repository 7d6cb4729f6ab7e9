import type { TransportFactory } from "../core/transport.ts";
import { tcpTransport } from "./tcp/tcp-transport.ts";

/** Every wire of this program. The only place that names all of them. */
export function defaultTransports(): TransportFactory[] {
  return [tcpTransport()];
}
