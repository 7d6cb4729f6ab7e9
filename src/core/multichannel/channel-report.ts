import type { Channel } from "../session/channel.ts";
import type { TransportKind } from "../transport.ts";
import { parseEndpoint } from "./addresses.ts";
import type { MultichannelState } from "./multichannel.ts";

/** One connection of a session, as Get-SmbMultichannelConnection tells it, and what it has moved. */
export interface ChannelReport {
  readonly transport: TransportKind;
  /** `active`, `standby` while better ones work, or `closed`. */
  readonly state: "active" | "standby" | "closed";
  /** `192.0.2.9:50000`; undefined where the wire does not tell. */
  readonly clientEndpoint: string | undefined;
  readonly serverEndpoint: string;
  /** The system's number and name of our interface; undefined where it is not known. */
  readonly clientInterface: { readonly index: number; readonly name: string } | undefined;
  /** The server's number of its interface; undefined where the server has not told it. */
  readonly serverInterfaceIndex: number | undefined;
  /** In bits per second: of the slower side; undefined where neither is known. */
  readonly linkSpeed: number | undefined;
  readonly clientRssCapable: boolean | undefined;
  readonly clientRdmaCapable: boolean | undefined;
  readonly serverRssCapable: boolean | undefined;
  readonly serverRdmaCapable: boolean | undefined;
  /** Messages, and data that went by RDMA. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Of these, the data that the server fetched and placed by RDMA; 0 on other wires. */
  readonly placedBytesSent: number;
  readonly placedBytesReceived: number;
  /** Bytes per second in both directions while requests were under way; 0 before the first. */
  readonly bytesPerSecond: number;
}

/** A report for each of `channels`, in their order. */
export function reportChannels(
  channels: readonly Channel[],
  state: MultichannelState | undefined,
): readonly ChannelReport[] {
  // Where only such channels are left, requests go there.
  const hasOthers = channels.some(({ isOpen, isStandby }) => isOpen && !isStandby);
  return channels.map((channel) => report(channel, state, hasOthers));
}

function report(
  channel: Channel,
  state: MultichannelState | undefined,
  hasOthers: boolean,
): ChannelReport {
  const { transport } = channel.connection;
  const { localAddress } = transport;
  const { placed } = channel;
  const bytesSent = transport.bytesSent + placed.sent;
  const bytesReceived = transport.bytesReceived + placed.received;
  const { address } = parseEndpoint(transport.remoteAddress);
  const server = state?.plan?.verdicts.find((each) => each.address === address);
  const ownAddress = localAddress === undefined ? undefined : parseEndpoint(localAddress).address;
  const local = state?.local.find((each) => each.address === ownAddress) ?? server?.local;
  const speeds = [server?.linkSpeed ?? 0, local?.linkSpeed ?? 0].filter((speed) => speed > 0);
  return {
    transport: transport.kind,
    state: stateOf(channel, hasOthers),
    clientEndpoint: localAddress,
    serverEndpoint: transport.remoteAddress,
    clientInterface: local === undefined ? undefined : { index: local.index, name: local.name },
    serverInterfaceIndex: server?.interfaceIndex,
    linkSpeed: speeds.length === 0 ? undefined : Math.min(...speeds),
    clientRssCapable: local?.isRssCapable,
    clientRdmaCapable: local === undefined ? undefined : local.rdmaDevice !== undefined,
    serverRssCapable: server?.isRssCapable,
    serverRdmaCapable: server?.isRdmaCapable,
    bytesSent,
    bytesReceived,
    placedBytesSent: placed.sent,
    placedBytesReceived: placed.received,
    bytesPerSecond:
      channel.busyMs === 0 ? 0 : ((bytesSent + bytesReceived) * 1000) / channel.busyMs,
  };
}

function stateOf({ isOpen, isStandby }: Channel, hasOthers: boolean): ChannelReport["state"] {
  if (!isOpen) return "closed";
  return isStandby && hasOthers ? "standby" : "active";
}
