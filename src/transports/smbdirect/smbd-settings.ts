/** What one side of an SMB Direct connection may choose ([MS-SMBD] 3.1.1); sizes in bytes. */
export interface SmbdSettings {
  /** Connection.ReceiveCreditMax: receives that we post at once, at most. */
  readonly receiveCreditMax: number;
  /** Connection.SendCreditTarget: credits that we ask for. */
  readonly sendCreditTarget: number;
  /** Connection.MaxSendSize: our longest message, header and all. */
  readonly maxSendSize: number;
  /** Connection.MaxReceiveSize: the longest message that we take, header and all. */
  readonly maxReceiveSize: number;
  /** Connection.MaxReadWriteSize: the most bytes that one RDMA READ or WRITE moves. */
  readonly maxReadWriteSize: number;
  /** Connection.KeepaliveInterval: silence after which the peer is asked for a sign of life. */
  readonly keepAliveIntervalMs: number;
  /** How long an answer to that may take. */
  readonly keepAliveAnswerMs: number;
  /** How long the peer may leave us without send credits while we have something to send. */
  readonly creditGrantMs: number;
  /** How long the negotiation may take. */
  readonly negotiateMs: number;
}

/** The smallest MaxReceiveSize ([MS-SMBD] 3.1.5.6, 3.1.5.7). */
export const SMALLEST_RECEIVE_SIZE = 128;
/** The smallest MaxFragmentedSize ([MS-SMBD] 3.1.5.6, 3.1.5.7). */
export const SMALLEST_FRAGMENTED_SIZE = 131_072;

/** The values of Windows ([MS-SMBD] appendix A), with time limits for a client that can fall back. */
export const DEFAULT_SETTINGS: SmbdSettings = {
  receiveCreditMax: 255,
  sendCreditTarget: 255,
  maxSendSize: 1364,
  maxReceiveSize: 8192,
  maxReadWriteSize: 8 * 1024 * 1024,
  keepAliveIntervalMs: 120_000,
  keepAliveAnswerMs: 5000,
  creditGrantMs: 5000,
  negotiateMs: 5000,
};
