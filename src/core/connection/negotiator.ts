import { initialPreauthHash, preauthUpdate } from "../crypto/preauth-hash.ts";
import { randomBytes } from "../crypto/random.ts";
import {
  ProtocolError,
  TransportClosedError,
  UnsupportedError,
  WireFormatError,
} from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { decodeBody } from "../smb2/codec.ts";
import {
  Capabilities,
  CipherId,
  Dialect,
  SecurityMode,
  SigningAlgorithmId,
} from "../smb2/constants.ts";
import { NegotiateRequest, NegotiateResponse } from "../smb2/negotiate.ts";
import {
  HashAlgorithmId,
  type NegotiateContext,
  TransportCapabilityFlags,
} from "../smb2/negotiate-contexts.ts";
import type { TransportKind } from "../transport.ts";
import { fileTimeFromUnixMs } from "../wire/file-time.ts";
import type { Connection } from "./connection.ts";
import {
  dialectName,
  type NegotiatedParameters,
  type NegotiateOffer,
} from "./negotiated-parameters.ts";
import {
  agreedRdmaTransforms,
  offeredRdmaTransforms,
  rdmaTransformContexts,
} from "./rdma-transforms.ts";

/** Every dialect this client speaks, oldest first. SMB1 is not among them and never will be. */
const DIALECTS: readonly Dialect[] = [
  Dialect.SMB_2_0_2,
  Dialect.SMB_2_1,
  Dialect.SMB_3_0,
  Dialect.SMB_3_0_2,
  Dialect.SMB_3_1_1,
];

/** GCM before CCM: it is twice as fast; 128 bits before 256, as Windows and Samba order them. */
const CIPHERS: readonly CipherId[] = [
  CipherId.AES_128_GCM,
  CipherId.AES_256_GCM,
  CipherId.AES_128_CCM,
  CipherId.AES_256_CCM,
];

/** GMAC first: the only one that costs next to nothing. */
const SIGNING_ALGORITHMS: readonly SigningAlgorithmId[] = [
  SigningAlgorithmId.AES_GMAC,
  SigningAlgorithmId.AES_CMAC,
  SigningAlgorithmId.HMAC_SHA256,
];

/** The smallest of MaxTransactSize, MaxReadSize and MaxWriteSize to accept ([MS-SMB2] 3.2.5.2). */
const SMALLEST_MAXIMUM = 65_536;

/** Why a limit on dialects rules QUIC out. */
export const QUIC_NEEDS_311 = "SMB over QUIC is SMB 3.1.1, which is not allowed here";

/** Whether QUIC may be used where `maxDialect` is the newest one allowed. */
export function fitsQuic(maxDialect: Dialect | undefined): boolean {
  return maxDialect === undefined || maxDialect >= Dialect.SMB_3_1_1;
}

export interface OfferOptions {
  readonly minDialect?: Dialect | undefined;
  readonly maxDialect?: Dialect | undefined;
  /** The wire below: QUIC carries 3.1.1 only. */
  readonly transportKind?: TransportKind | undefined;
  readonly ciphers?: readonly CipherId[] | undefined;
  readonly signingAlgorithms?: readonly SigningAlgorithmId[] | undefined;
  readonly clientGuid?: Uint8Array | undefined;
  /** The client insists on signed messages. */
  readonly requireSigning: boolean;
  /** Leave protection to the wire where the server agrees; only for one that is verified. */
  readonly transportSecurity?: boolean | undefined;
  /** More connections may join the session later. */
  readonly isMultichannel?: boolean | undefined;
}

/** SecurityMode of [MS-SMB2] 2.2.3 and 2.2.5. */
export function securityMode(requireSigning: boolean): number {
  return requireSigning
    ? SecurityMode.SIGNING_ENABLED | SecurityMode.SIGNING_REQUIRED
    : SecurityMode.SIGNING_ENABLED;
}

/** What to offer, by the caller's limits. */
export function negotiateOffer(options: OfferOptions): NegotiateOffer {
  const isQuic = options.transportKind === "quic";
  const max = options.maxDialect ?? Dialect.SMB_3_1_1;
  if (isQuic && !fitsQuic(max)) throw new UnsupportedError(QUIC_NEEDS_311);
  const min = isQuic ? Dialect.SMB_3_1_1 : (options.minDialect ?? Dialect.SMB_2_0_2);
  const dialects = DIALECTS.filter((dialect) => dialect >= min && dialect <= max);
  if (dialects.length === 0) {
    throw new UnsupportedError(
      `No dialect lies between ${dialectName(min)} and ${dialectName(max)}`,
    );
  }
  const multichannel = options.isMultichannel === true ? Capabilities.MULTI_CHANNEL : 0;
  const capabilities = Capabilities.LARGE_MTU | Capabilities.ENCRYPTION | multichannel;
  const speaks3 = dialects.some((dialect) => dialect >= Dialect.SMB_3_0);
  const transportSecurity = options.transportSecurity === true && isQuic;
  // What is required here binds the server ([MS-SMB2] 3.3.5.4, ShouldSign) before it could accept the
  // wire's protection instead; SESSION_SETUP requires it where the server did not.
  const requireSigning = options.requireSigning && !transportSecurity;
  return {
    securityMode: securityMode(requireSigning),
    transportSecurity,
    capabilities: speaks3 ? capabilities : 0,
    clientGuid: options.clientGuid ?? randomBytes(16),
    dialects,
    ciphers: options.ciphers ?? CIPHERS,
    signingAlgorithms: options.signingAlgorithms ?? SIGNING_ALGORITHMS,
  };
}

/**
 * Runs NEGOTIATE on a fresh connection and stores the result in it ([MS-SMB2] 3.2.4.2.2.2, 3.2.5.2).
 *
 * @throws {UnsupportedError} where the server speaks none of the offered dialects
 * @throws {ProtocolError} where it answers with what was not offered
 */
export async function negotiate(
  connection: Connection,
  wanted: NegotiateOffer,
  options: { readonly serverName: string; readonly signal?: AbortSignal | undefined },
): Promise<NegotiatedParameters> {
  // An offer may be repeated over another wire: a further channel of the session.
  const transportSecurity = wanted.transportSecurity && connection.transport.isEncrypted;
  const offer: NegotiateOffer = { ...wanted, transportSecurity };
  const rdmaTransforms = offeredRdmaTransforms(connection.transport);
  const message: NegotiateRequest = {
    securityMode: offer.securityMode,
    capabilities: offer.capabilities,
    clientGuid: offer.dialects.some((d) => d > Dialect.SMB_2_0_2)
      ? offer.clientGuid
      : new Uint8Array(16),
    dialects: offer.dialects,
    negotiateContexts: contextsOf(offer, options.serverName, rdmaTransforms),
  };
  const request = { codec: NegotiateRequest, message };
  const { messages, replies } = await connection.send([request], { signal: options.signal });
  const reply = await (replies[0] as (typeof replies)[number]).catch((error: unknown) => {
    throw explainHangUp(error, connection);
  });
  checkStatus(reply.header.status, offer);
  const response = decodeBody(reply.message, NegotiateResponse);
  const hash = preauthUpdate(preauthUpdate(initialPreauthHash(), messages[0] ?? []), [
    reply.message,
  ]);
  const negotiated = {
    ...checkResponse(response, offer, hash),
    rdmaTransforms: agreedRdmaTransforms(response.negotiateContexts, rdmaTransforms),
  };
  connection.negotiated = negotiated;
  return negotiated;
}

/**
 * In the order of their types, as Windows has them. A server must take any order ([MS-SMB2] 2.2.3.1),
 * but not all have met another one.
 */
function contextsOf(
  offer: NegotiateOffer,
  serverName: string,
  rdmaTransforms: readonly number[],
): NegotiateContext[] {
  const contexts: NegotiateContext[] = [
    { kind: "preauth-integrity", hashAlgorithms: [HashAlgorithmId.SHA_512], salt: randomBytes(32) },
  ];
  if (offer.ciphers.length > 0) contexts.push({ kind: "encryption", ciphers: offer.ciphers });
  contexts.push({ kind: "netname", netName: serverName });
  if (offer.transportSecurity) {
    const flags = TransportCapabilityFlags.ACCEPT_TRANSPORT_LEVEL_SECURITY;
    contexts.push({ kind: "transport", flags });
  }
  contexts.push(...rdmaTransformContexts(rdmaTransforms));
  contexts.push({ kind: "signing", signingAlgorithms: offer.signingAlgorithms });
  return contexts;
}

/**
 * Whether `negotiate` failed by what the server said, which it would say over any wire, rather than
 * for want of an answer: silence, or a peer that hung up.
 */
export function isServersAnswer(error: unknown): boolean {
  if (error instanceof UnsupportedError) return !(error.cause instanceof TransportClosedError);
  return error instanceof ProtocolError || error instanceof WireFormatError;
}

/** QUIC has said in its own words why it ended, and is never SMB1. */
function explainHangUp(error: unknown, { transport }: Connection): unknown {
  if (!(error instanceof TransportClosedError) || transport.kind === "quic") return error;
  return new UnsupportedError(
    `${error.message} during the protocol negotiation: it may speak only SMB1, which smbx never does, or refuse this host, or a firewall is in between`,
    { cause: error },
  );
}

function checkStatus(status: number, offer: NegotiateOffer): void {
  if (status === NtStatus.SUCCESS) return;
  const cause = new NtStatusError(status, { command: "NEGOTIATE" });
  const names = offer.dialects.map(dialectName).join(", ");
  throw new UnsupportedError(`The server refused the dialects ${names} (${cause.statusName})`, {
    cause,
  });
}

function checkResponse(
  response: NegotiateResponse,
  offer: NegotiateOffer,
  preauthHash: Uint8Array,
): Omit<NegotiatedParameters, "rdmaTransforms"> {
  const dialect = offer.dialects.find((offered) => offered === response.dialectRevision);
  if (dialect === undefined) {
    throw new ProtocolError(
      `The server chose dialect ${dialectName(response.dialectRevision)}, which was not offered`,
    );
  }
  const { maxTransactSize, maxReadSize, maxWriteSize, capabilities } = response;
  if (Math.min(maxTransactSize, maxReadSize, maxWriteSize) < SMALLEST_MAXIMUM) {
    throw new ProtocolError("The server's maximum sizes are below 65536 bytes");
  }
  const has311 = dialect === Dialect.SMB_3_1_1;
  if (has311) checkPreauthContext(response.negotiateContexts);
  return {
    offer,
    dialect,
    serverGuid: response.serverGuid,
    serverSecurityMode: response.securityMode,
    serverCapabilities: capabilities,
    maxTransactSize,
    maxReadSize,
    maxWriteSize,
    supportsMultiCredit:
      dialect > Dialect.SMB_2_0_2 && (capabilities & Capabilities.LARGE_MTU) !== 0,
    signingAlgorithm: chosenSigningAlgorithm(response, offer, dialect),
    cipher: chosenCipher(response, offer, dialect),
    securityBuffer: response.securityBuffer.slice(),
    systemTime: response.systemTime,
    receivedAt: fileTimeFromUnixMs(Date.now()),
    preauthHash: has311 ? preauthHash : undefined,
    usesTransportSecurity: has311 && acceptsTransportSecurity(response, offer),
  };
}

/** Connection.AcceptTransportSecurity ([MS-SMB2] 3.2.5.2). */
function acceptsTransportSecurity(response: NegotiateResponse, offer: NegotiateOffer): boolean {
  const context = onlyContext(response.negotiateContexts, "transport");
  const flags = context?.kind === "transport" ? context.flags : 0;
  const isAccepted = (flags & TransportCapabilityFlags.ACCEPT_TRANSPORT_LEVEL_SECURITY) !== 0;
  if (isAccepted && !offer.transportSecurity) {
    throw new ProtocolError(
      "The server leaves all protection to the transport, which was not offered",
    );
  }
  return isAccepted;
}

function checkPreauthContext(contexts: readonly NegotiateContext[]): void {
  const found = contexts.filter((context) => context.kind === "preauth-integrity");
  const [context] = found;
  if (context === undefined || found.length > 1) {
    throw new ProtocolError(
      `The server sent ${found.length} preauthentication integrity contexts instead of one`,
    );
  }
  const [algorithm] = context.hashAlgorithms;
  if (context.hashAlgorithms.length !== 1 || algorithm !== HashAlgorithmId.SHA_512) {
    throw new ProtocolError("The server chose a preauthentication hash that was not offered");
  }
}

function chosenCipher(
  response: NegotiateResponse,
  offer: NegotiateOffer,
  dialect: Dialect,
): CipherId | undefined {
  if (dialect < Dialect.SMB_3_0) return undefined;
  if (dialect < Dialect.SMB_3_1_1) {
    const isOffered = offer.ciphers.includes(CipherId.AES_128_CCM);
    const isSupported = (response.capabilities & Capabilities.ENCRYPTION) !== 0;
    return isOffered && isSupported ? CipherId.AES_128_CCM : undefined;
  }
  const context = onlyContext(response.negotiateContexts, "encryption");
  const id = context?.kind === "encryption" ? context.ciphers[0] : undefined;
  // 0 says that the server has no cipher in common with us ([MS-SMB2] 3.3.5.4).
  if (id === undefined || id === 0) return undefined;
  const cipher = offer.ciphers.find((offered) => offered === id);
  if (cipher === undefined)
    throw new ProtocolError(`The server chose cipher ${id}, which was not offered`);
  return cipher;
}

function chosenSigningAlgorithm(
  response: NegotiateResponse,
  offer: NegotiateOffer,
  dialect: Dialect,
): SigningAlgorithmId {
  if (dialect < Dialect.SMB_3_0) return SigningAlgorithmId.HMAC_SHA256;
  if (dialect < Dialect.SMB_3_1_1) return SigningAlgorithmId.AES_CMAC;
  const context = onlyContext(response.negotiateContexts, "signing");
  const id = context?.kind === "signing" ? context.signingAlgorithms[0] : undefined;
  if (id === undefined) return SigningAlgorithmId.AES_CMAC;
  const algorithm = offer.signingAlgorithms.find((offered) => offered === id);
  if (algorithm === undefined) {
    throw new ProtocolError(`The server chose signing algorithm ${id}, which was not offered`);
  }
  return algorithm;
}

function onlyContext(
  contexts: readonly NegotiateContext[],
  kind: NegotiateContext["kind"],
): NegotiateContext | undefined {
  const found = contexts.filter((context) => context.kind === kind);
  if (found.length > 1)
    throw new ProtocolError(`The server sent ${found.length} ${kind} contexts instead of one`);
  return found[0];
}
