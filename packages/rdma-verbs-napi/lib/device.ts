/** How a device talks; it decides the ports and the private data of SMB Direct. */
export type RdmaTransport = "infiniband" | "roce" | "iwarp" | "test";

/** An RDMA device. */
export interface RdmaDevice {
  /** `mlx5_0`, `rxe0`. */
  readonly name: string;
  readonly transport: RdmaTransport;
  readonly ports: readonly RdmaPort[];
  /** Undefined where the device could not be opened: `problem` says why. */
  readonly limits: RdmaLimits | undefined;
  readonly problem: string | undefined;
}

export interface RdmaPort {
  readonly number: number;
  readonly isActive: boolean;
  readonly linkLayer: "infiniband" | "ethernet" | "unknown";
  /** The network interfaces whose addresses lead to this port, as far as we may see them. */
  readonly netdevs: readonly string[];
  /** Which of RoCE's forms its addresses have. */
  readonly roceVersions: readonly (1 | 2)[];
}

/** What a device can do at most. */
export interface RdmaLimits {
  /** Ranges in one send or receive. */
  readonly maxSge: number;
  /** Ranges that one RDMA READ may fill. */
  readonly maxSgeRead: number;
  readonly maxQueuePairs: number;
  /** Work requests in one queue. */
  readonly maxWorkRequests: number;
  readonly maxCompletions: number;
  readonly maxRegions: number;
  readonly maxRegionSize: bigint;
  /** RDMA READs at once of one queue pair: answered (max_qp_rd_atom) and started. */
  readonly maxReadsAnswered: number;
  readonly maxReadsStarted: number;
  /** 0 where there are none. */
  readonly maxWindows: number;
  /** Windows that a peer can invalidate (type 2). Only with them is remote invalidation safe. */
  readonly hasType2Windows: boolean;
  readonly firmware: string;
}
