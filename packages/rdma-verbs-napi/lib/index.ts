// RDMA on the system's libibverbs and librdmacm.

export {
  COMPLETION_WORDS,
  CompletionField,
  CompletionFlag,
  CompletionStatus,
  completionError,
  Opcode,
  WorkFlag,
} from "./completions.ts";
export type { RdmaDevice, RdmaLimits, RdmaPort, RdmaTransport } from "./device.ts";
export { RdmaError, type RdmaErrorKind } from "./errors.ts";
export type {
  BufferOptions,
  BufferSlots,
  ConnectionHandler,
  ConnectionRequest,
  ConnectionStatistics,
  ConnectOptions,
  EndpointOptions,
  ListenOptions,
  RdmaConnection,
  RdmaEvent,
  RdmaListener,
  RdmaProvider,
  RegionRange,
} from "./interface.ts";
export { decodeIwarpDepths, encodeIwarpDepths, type IwarpDepths } from "./iwarp-depths.ts";
export { Access, type MemoryRegion, type MemoryWindow, type RdmaDomain } from "./memory.ts";
export { verbs } from "./verbs.ts";
