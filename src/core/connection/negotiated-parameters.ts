import { CipherId, Dialect, SigningAlgorithmId } from "../smb2/constants.ts";
import type { FileTime } from "../wire/file-time.ts";

/** What a client offers in NEGOTIATE; FSCTL_VALIDATE_NEGOTIATE_INFO repeats it to the server. */
export interface NegotiateOffer {
  readonly securityMode: number;
  readonly capabilities: number;
  /** 16 bytes: the same for every connection that may join a session. */
  readonly clientGuid: Uint8Array;
  readonly dialects: readonly Dialect[];
  readonly ciphers: readonly CipherId[];
  readonly signingAlgorithms: readonly SigningAlgorithmId[];
  /** SMB2_ACCEPT_TRANSPORT_LEVEL_SECURITY ([MS-SMB2] 2.2.3.1.5). */
  readonly transportSecurity: boolean;
}

/** What NEGOTIATE agreed on ([MS-SMB2] 3.2.1.2 Connection.*). */
export interface NegotiatedParameters {
  readonly offer: NegotiateOffer;
  readonly dialect: Dialect;
  readonly serverGuid: Uint8Array;
  readonly serverSecurityMode: number;
  readonly serverCapabilities: number;
  readonly maxTransactSize: number;
  readonly maxReadSize: number;
  readonly maxWriteSize: number;
  /** Requests may spend several credits on more than 64 KiB. */
  readonly supportsMultiCredit: boolean;
  readonly signingAlgorithm: SigningAlgorithmId;
  /** undefined where encryption was not agreed. */
  readonly cipher: CipherId | undefined;
  /** RdmaTransformId: how data that go by RDMA may be protected; empty where they cannot be. */
  readonly rdmaTransforms: readonly number[];
  /** The server's first SPNEGO token; may be empty. */
  readonly securityBuffer: Uint8Array;
  /** The server's clock, as a FILETIME. */
  readonly systemTime: FileTime;
  /** Our clock when that arrived. */
  readonly receivedAt: FileTime;
  /** Connection.PreauthIntegrityHashValue after NEGOTIATE; only with 3.1.1. */
  readonly preauthHash: Uint8Array | undefined;
  /** Both sides leave signing and encryption to the wire: Connection.AcceptTransportSecurity. */
  readonly usesTransportSecurity: boolean;
}

const DIALECT_NAMES: ReadonlyMap<number, string> = new Map([
  [Dialect.SMB_2_0_2, "2.0.2"],
  [Dialect.SMB_2_1, "2.1"],
  [Dialect.SMB_3_0, "3.0"],
  [Dialect.SMB_3_0_2, "3.0.2"],
  [Dialect.SMB_3_1_1, "3.1.1"],
]);

/** `3.1.1` and so on. */
export function dialectName(dialect: number): string {
  return DIALECT_NAMES.get(dialect) ?? `0x${dialect.toString(16)}`;
}

const CIPHER_NAMES: Readonly<Record<CipherId, string>> = {
  [CipherId.AES_128_CCM]: "AES-128-CCM",
  [CipherId.AES_128_GCM]: "AES-128-GCM",
  [CipherId.AES_256_CCM]: "AES-256-CCM",
  [CipherId.AES_256_GCM]: "AES-256-GCM",
};

/** `AES-128-GCM` and so on. */
export function cipherName(cipher: CipherId): string {
  return CIPHER_NAMES[cipher];
}

const SIGNING_ALGORITHM_NAMES: Readonly<Record<SigningAlgorithmId, string>> = {
  [SigningAlgorithmId.HMAC_SHA256]: "HMAC-SHA256",
  [SigningAlgorithmId.AES_CMAC]: "AES-128-CMAC",
  [SigningAlgorithmId.AES_GMAC]: "AES-128-GMAC",
};

/** `AES-128-GMAC` and so on. */
export function signingAlgorithmName(algorithm: SigningAlgorithmId): string {
  return SIGNING_ALGORITHM_NAMES[algorithm];
}
