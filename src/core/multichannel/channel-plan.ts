import type { LocalInterface } from "../local-interface.ts";
import type { TransportKind } from "../transport.ts";

/** How good an interface is: RDMA before RSS (several queues) before the rest, as Windows ranks them. */
export type InterfaceClass = "rdma" | "rss" | "plain";

/** What became of one address of the server, and why. */
export interface InterfaceVerdict {
  /** The server's number of the interface. */
  readonly interfaceIndex: number;
  readonly address: string;
  /** In bits per second; 0 where the server does not know. */
  readonly linkSpeed: number;
  readonly isRssCapable: boolean;
  readonly isRdmaCapable: boolean;
  /** The interface of ours that is in the same network. */
  readonly local: LocalInterface | undefined;
  /** Connections that it is to have; 0 where it is not used. */
  readonly connections: number;
  /** Why: a clause without a full stop. */
  readonly reason: string;
}

/** Where connections should lead, and how many in all, those that exist counted. */
export interface PlannedRoute {
  readonly kind: TransportKind;
  readonly address: string;
  /** The wire's own where not given. */
  readonly port: number | undefined;
  readonly connections: number;
  /** Kept for the time when nothing better is left. */
  readonly isStandby: boolean;
}

/** Which interfaces to use, and why not the others. */
export interface ChannelPlan {
  readonly routes: readonly PlannedRoute[];
  readonly verdicts: readonly InterfaceVerdict[];
}
