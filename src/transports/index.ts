import type { LocalInterface } from "../core/local-interface.ts";
import type { TransportFactory } from "../core/transport.ts";
import { nbtTransport } from "./nbt/nbt-transport.ts";
import type { QuicOptions } from "./quic/quic-options.ts";
import { quicTransport } from "./quic/quic-transport.ts";
import { smbDirectTransport } from "./smbdirect/smbdirect-transport.ts";
import { tcpTransport } from "./tcp/tcp-transport.ts";

export { captureTo, type PacketCapture } from "./capture/capture.ts";
export { MemoryTransport, memoryTransport } from "./memory/memory-transport.ts";

export { certificateName } from "./quic/certificate-name.ts";
export { checkQuic, type QuicReport } from "./quic/check-quic.ts";
export type { QuicOptions, QuicProvider, QuicVerify } from "./quic/quic-options.ts";

/** What the wires can be told. */
export interface TransportSettings {
  readonly quic?: QuicOptions | undefined;
}

/** Every wire that a user can name. The only place that names all of them. */
export function defaultTransports({ quic }: TransportSettings = {}): TransportFactory[] {
  return [tcpTransport(), nbtTransport(), quicTransport(quic), smbDirectTransport()];
}

/** The network interfaces of this machine; loaded when somebody asks. */
export async function localInterfaces(): Promise<readonly LocalInterface[]> {
  return (await import("./local-interfaces.ts")).localInterfaces();
}
