import type { ListLocalInterfaces } from "../local-interface.ts";
import type { TransportKind } from "../transport.ts";

/** How many connections a session may have. */
export interface MultichannelOptions {
  /** As many as the interfaces of both sides suggest, or so many in all. */
  readonly connections: "auto" | number;
  /** Never more than so many in all; 32 by default. */
  readonly maxConnections?: number | undefined;
  /** The wires that further connections may use; all where not given. */
  readonly allowedWires?: readonly TransportKind[] | undefined;
  /** The interfaces of this machine; where not given, only the server's count. */
  readonly localInterfaces?: ListLocalInterfaces | undefined;
}
