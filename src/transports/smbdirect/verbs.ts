import type {
  ConnectionHandler,
  ConnectionRequest,
  RdmaConnection,
  RdmaDevice,
  RdmaDomain,
  RdmaProvider,
} from "rdma-verbs-napi";

/** The part of an RDMA provider that SMB Direct uses; the system's, or one for tests. */
export type Verbs = Pick<RdmaProvider, "unavailable" | "connect">;

/** The part of a connection that SMB Direct uses. */
export type VerbsConnection = Pick<
  RdmaConnection,
  | "close"
  | "localAddress"
  | "localPort"
  | "postBind"
  | "postInvalidate"
  | "postReceive"
  | "postSend"
  | "receiveBuffers"
  | "remoteAddress"
  | "remotePort"
  | "sendBuffers"
  | "start"
  | "submit"
> & {
  readonly device: Pick<RdmaDevice, "name" | "transport" | "limits">;
  readonly domain: Pick<RdmaDomain, "allocate" | "createWindow">;
};

export type VerbsHandler = ConnectionHandler;
export type VerbsRequest = Pick<ConnectionRequest, "accept" | "device" | "privateData">;

/** Numbers of rdma-verbs-napi: they are wanted before it is loaded, which most runs never do. */
export const COMPLETION_WORDS = 8;
export const CompletionField = {
  ID: 0,
  OPCODE: 1,
  STATUS: 2,
  BYTE_LENGTH: 3,
  FLAGS: 4,
  INVALIDATED_KEY: 5,
} as const;
export const CompletionFlag = { INVALIDATED: 1 } as const;
export const Opcode = { SEND: 0, INVALIDATE: 4, RECEIVE: 5 } as const;
export const WorkFlag = { UNSIGNALED: 1 } as const;
export const Access = {
  LOCAL_WRITE: 1,
  REMOTE_WRITE: 2,
  REMOTE_READ: 4,
  MEMORY_WINDOW_BIND: 16,
} as const;
