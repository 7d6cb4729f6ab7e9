/** An address of this machine, and what is known of the network interface that has it. */
export interface LocalInterface {
  /** As the system calls it: `eth0`. */
  readonly name: string;
  readonly index: number;
  readonly family: "ipv4" | "ipv6";
  readonly address: string;
  /** How many bits of the address are the network's. */
  readonly prefixLength: number;
  readonly isLoopback: boolean;
  /** In bits per second; 0 where the system does not know. */
  readonly linkSpeed: number;
  /** It has several receive queues: several connections can use several processors. */
  readonly isRssCapable: boolean;
  /** The RDMA device behind it: `mlx5_0`; undefined where there is none. */
  readonly rdmaDevice: string | undefined;
}

/** Tells the interfaces that are up. Never rejects: what cannot be found out is left out. */
export type ListLocalInterfaces = () => Promise<readonly LocalInterface[]>;
