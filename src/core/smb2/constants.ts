/** [MS-SMB2] 2.2.1.1 Command. */
export const Command = {
  NEGOTIATE: 0x0000,
  SESSION_SETUP: 0x0001,
  LOGOFF: 0x0002,
  TREE_CONNECT: 0x0003,
  TREE_DISCONNECT: 0x0004,
  CREATE: 0x0005,
  CLOSE: 0x0006,
  FLUSH: 0x0007,
  READ: 0x0008,
  WRITE: 0x0009,
  LOCK: 0x000a,
  IOCTL: 0x000b,
  CANCEL: 0x000c,
  ECHO: 0x000d,
  QUERY_DIRECTORY: 0x000e,
  CHANGE_NOTIFY: 0x000f,
  QUERY_INFO: 0x0010,
  SET_INFO: 0x0011,
  OPLOCK_BREAK: 0x0012,
} as const;
export type Command = (typeof Command)[keyof typeof Command];

/** [MS-SMB2] 2.2.1.2 Flags. */
export const HeaderFlags = {
  SERVER_TO_REDIR: 0x0000_0001,
  ASYNC_COMMAND: 0x0000_0002,
  RELATED_OPERATIONS: 0x0000_0004,
  SIGNED: 0x0000_0008,
  PRIORITY_MASK: 0x0000_0070,
  DFS_OPERATIONS: 0x1000_0000,
  REPLAY_OPERATION: 0x2000_0000,
} as const;

/** [MS-SMB2] 2.2.3 Dialects. */
export const Dialect = {
  SMB_2_0_2: 0x0202,
  SMB_2_1: 0x0210,
  SMB_3_0: 0x0300,
  SMB_3_0_2: 0x0302,
  SMB_3_1_1: 0x0311,
  /** [MS-SMB2] 2.2.4: the wildcard that answers an SMB1 multi-protocol negotiation. */
  SMB_2_WILDCARD: 0x02ff,
} as const;
export type Dialect = (typeof Dialect)[keyof typeof Dialect];

/** [MS-SMB2] 2.2.3 SecurityMode. */
export const SecurityMode = { SIGNING_ENABLED: 0x0001, SIGNING_REQUIRED: 0x0002 } as const;

/** [MS-SMB2] 2.2.3 Capabilities. */
export const Capabilities = {
  DFS: 0x0000_0001,
  LEASING: 0x0000_0002,
  LARGE_MTU: 0x0000_0004,
  MULTI_CHANNEL: 0x0000_0008,
  PERSISTENT_HANDLES: 0x0000_0010,
  DIRECTORY_LEASING: 0x0000_0020,
  ENCRYPTION: 0x0000_0040,
  NOTIFICATIONS: 0x0000_0080,
} as const;

/** [MS-SMB2] 2.2.3.1.2 Ciphers. */
export const CipherId = {
  AES_128_CCM: 0x0001,
  AES_128_GCM: 0x0002,
  AES_256_CCM: 0x0003,
  AES_256_GCM: 0x0004,
} as const;
export type CipherId = (typeof CipherId)[keyof typeof CipherId];

/** [MS-SMB2] 2.2.3.1.7 SigningAlgorithms. */
export const SigningAlgorithmId = {
  HMAC_SHA256: 0x0000,
  AES_CMAC: 0x0001,
  AES_GMAC: 0x0002,
} as const;
export type SigningAlgorithmId = (typeof SigningAlgorithmId)[keyof typeof SigningAlgorithmId];

/** [MS-SMB2] 2.2.6 SessionFlags. */
export const SessionFlags = { IS_GUEST: 0x0001, IS_NULL: 0x0002, ENCRYPT_DATA: 0x0004 } as const;

/** [MS-SMB2] 2.2.5 Flags. */
export const SessionSetupFlags = { BINDING: 0x01 } as const;

/** [MS-SMB2] 2.2.10 ShareType. */
export const ShareType = { DISK: 0x01, PIPE: 0x02, PRINT: 0x03 } as const;

/** [MS-SMB2] 2.2.10 ShareFlags (those that a client acts on). */
export const ShareFlags = {
  DFS: 0x0000_0001,
  DFS_ROOT: 0x0000_0002,
  ENCRYPT_DATA: 0x0000_8000,
} as const;

/** [MS-SMB2] 2.2.13 RequestedOplockLevel. */
export const OplockLevel = {
  NONE: 0x00,
  II: 0x01,
  EXCLUSIVE: 0x08,
  BATCH: 0x09,
  LEASE: 0xff,
} as const;

/** [MS-SMB2] 2.2.13 ImpersonationLevel. */
export const ImpersonationLevel = {
  ANONYMOUS: 0,
  IDENTIFICATION: 1,
  IMPERSONATION: 2,
  DELEGATE: 3,
} as const;

/** [MS-SMB2] 2.2.13 ShareAccess. */
export const ShareAccess = { READ: 1, WRITE: 2, DELETE: 4, ALL: 7 } as const;

/** [MS-SMB2] 2.2.13 CreateDisposition. */
export const CreateDisposition = {
  SUPERSEDE: 0,
  OPEN: 1,
  CREATE: 2,
  OPEN_IF: 3,
  OVERWRITE: 4,
  OVERWRITE_IF: 5,
} as const;
export type CreateDisposition = (typeof CreateDisposition)[keyof typeof CreateDisposition];

/** [MS-SMB2] 2.2.13 CreateOptions. */
export const CreateOptions = {
  DIRECTORY_FILE: 0x0000_0001,
  WRITE_THROUGH: 0x0000_0002,
  SEQUENTIAL_ONLY: 0x0000_0004,
  NO_INTERMEDIATE_BUFFERING: 0x0000_0008,
  NON_DIRECTORY_FILE: 0x0000_0040,
  RANDOM_ACCESS: 0x0000_0800,
  DELETE_ON_CLOSE: 0x0000_1000,
  OPEN_BY_FILE_ID: 0x0000_2000,
  OPEN_FOR_BACKUP_INTENT: 0x0000_4000,
  OPEN_REPARSE_POINT: 0x0020_0000,
} as const;

/** [MS-SMB2] 2.2.14 CreateAction. */
export const CreateAction = { SUPERSEDED: 0, OPENED: 1, CREATED: 2, OVERWRITTEN: 3 } as const;

/** [MS-SMB2] 2.2.13.1.1 and 2.2.13.1.2 access masks. */
export const AccessMask = {
  READ_DATA: 0x0000_0001,
  WRITE_DATA: 0x0000_0002,
  APPEND_DATA: 0x0000_0004,
  READ_EA: 0x0000_0008,
  WRITE_EA: 0x0000_0010,
  EXECUTE: 0x0000_0020,
  DELETE_CHILD: 0x0000_0040,
  READ_ATTRIBUTES: 0x0000_0080,
  WRITE_ATTRIBUTES: 0x0000_0100,
  DELETE: 0x0001_0000,
  READ_CONTROL: 0x0002_0000,
  WRITE_DAC: 0x0004_0000,
  WRITE_OWNER: 0x0008_0000,
  SYNCHRONIZE: 0x0010_0000,
  ACCESS_SYSTEM_SECURITY: 0x0100_0000,
  MAXIMUM_ALLOWED: 0x0200_0000,
  GENERIC_ALL: 0x1000_0000,
  GENERIC_EXECUTE: 0x2000_0000,
  GENERIC_WRITE: 0x4000_0000,
  GENERIC_READ: 0x8000_0000,
} as const;

/** [MS-SMB2] 2.2.19 Channel. */
export const ReadWriteChannel = {
  NONE: 0,
  RDMA_V1: 1,
  RDMA_V1_INVALIDATE: 2,
  RDMA_TRANSFORM: 3,
} as const;

/** [MS-SMB2] 2.2.31 CtlCode, and [MS-FSCC] 2.3. */
export const CtlCode = {
  DFS_GET_REFERRALS: 0x0006_0194,
  DFS_GET_REFERRALS_EX: 0x0006_01b0,
  PIPE_PEEK: 0x0011_400c,
  PIPE_WAIT: 0x0011_0018,
  PIPE_TRANSCEIVE: 0x0011_c017,
  SRV_COPYCHUNK: 0x0014_40f2,
  SRV_COPYCHUNK_WRITE: 0x0014_80f2,
  SRV_ENUMERATE_SNAPSHOTS: 0x0014_4064,
  SRV_REQUEST_RESUME_KEY: 0x0014_0078,
  QUERY_NETWORK_INTERFACE_INFO: 0x0014_01fc,
  VALIDATE_NEGOTIATE_INFO: 0x0014_0204,
  SET_REPARSE_POINT: 0x0009_00a4,
  GET_REPARSE_POINT: 0x0009_00a8,
  GET_OBJECT_ID: 0x0009_009c,
  SET_SPARSE: 0x0009_00c4,
  SET_ZERO_DATA: 0x0009_80c8,
  QUERY_ALLOCATED_RANGES: 0x0009_40cf,
} as const;

/** [MS-SMB2] 2.2.37 InfoType. */
export const InfoType = { FILE: 1, FILESYSTEM: 2, SECURITY: 3, QUOTA: 4 } as const;
export type InfoType = (typeof InfoType)[keyof typeof InfoType];
