/** What went wrong. */
export type RdmaErrorKind =
  /** This provider cannot be used here. */
  | "unavailable"
  /** No device leads to the address. */
  | "address"
  /** The device knows no way to the peer. */
  | "route"
  /** Nobody answers there. */
  | "unreachable"
  /** The peer refused: `reason` is rdma_cm's number, `privateData` what it sent. 28: its application
   * did; 8 with InfiniBand and RoCE, 111 with iWARP: nobody listens. */
  | "rejected"
  /** Connecting failed in another way. */
  | "connect"
  /** A work request failed: `status`. */
  | "completion"
  /** Memory could not be registered. */
  | "memory"
  /** RLIMIT_MEMLOCK is too small for the memory. */
  | "memory-lock-limit"
  /** More work requests than the queue holds. */
  | "queue-full"
  /** The connection is closed. */
  | "closed"
  /** The device was removed, or it failed. */
  | "device"
  /** The device does not have this. */
  | "unsupported"
  /** A system call failed: `errno`. */
  | "system";

/** An operation of RDMA that failed. */
export class RdmaError extends Error {
  /** `ERR_RDMA_` and the kind. */
  readonly code: string;
  readonly kind: RdmaErrorKind;
  /** Positive, where the system said one. */
  readonly errno: number | undefined;
  /** Of kind "completion": which operation (`Opcode`) and how it ended (`CompletionStatus`). */
  readonly opcode: number | undefined;
  readonly status: number | undefined;
  /** Of kind "rejected". */
  readonly reason: number | undefined;
  readonly privateData: Uint8Array | undefined;

  constructor(
    message: string,
    details: {
      readonly kind: RdmaErrorKind;
      readonly errno?: number | undefined;
      readonly opcode?: number;
      readonly status?: number;
      readonly reason?: number;
      readonly privateData?: Uint8Array | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "RdmaError";
    this.kind = details.kind;
    this.code = `ERR_RDMA_${details.kind.toUpperCase().replaceAll("-", "_")}`;
    this.errno = details.errno;
    this.opcode = details.opcode;
    this.status = details.status;
    this.reason = details.reason;
    this.privateData = details.privateData;
  }
}
