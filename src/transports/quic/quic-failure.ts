import { getSystemErrorName } from "node:util";
import type { QuicError } from "ngtcp2-napi";
import {
  DialFailure,
  type DialProblem,
  TransportClosedError,
  type TransportFailureReason,
} from "../../core/errors.ts";
import { dialFailure } from "../tcp/socket-failure.ts";
import { explain } from "./certificate-words.ts";

/** The server has another application protocol, or none. */
export const NO_SMB = "the server speaks QUIC, but not SMB";

/** What must be known to judge an error. */
export interface Circumstances {
  /** What the server should be called. */
  readonly name: string;
  /** We showed a certificate, if we were asked for one. */
  readonly hasIdentity: boolean;
  /** Why we have none although one was named. */
  readonly missingIdentity?: string | undefined;
  /** Whether the server asked for one, as far as it is known. */
  readonly wasAsked?: boolean;
}

interface Judgement {
  readonly words: string;
  readonly reason: TransportFailureReason;
  readonly problems?: readonly DialProblem[];
}

/** Why `address` could not be reached over QUIC. */
export function quicDialFailure(
  address: string,
  cause: unknown,
  about: Circumstances,
): DialFailure {
  if (cause instanceof DialFailure) return cause;
  const error = cause as QuicError;
  if (error.kind === undefined) {
    return new DialFailure(address, (cause as Error).message, { reason: "other", cause });
  }
  const code = error.kind === "system" ? systemCode(error) : undefined;
  // Sockets fail alike, whatever they carry.
  if (code !== undefined && code !== "ECONNREFUSED") return systemFailure(address, code, error);
  const { words, ...details } = judge(error, about);
  return new DialFailure(address, words, { ...details, cause });
}

/** Why an open connection broke. */
export function quicClosed(
  address: string,
  error: QuicError,
  about: Circumstances,
): TransportClosedError {
  const { words, reason } = judge(error, about);
  return new TransportClosedError(`The connection to ${address} broke: ${words}`, {
    cause: error,
    reason,
  });
}

function systemCode({ errno }: QuicError): string | undefined {
  return errno === undefined ? undefined : getSystemErrorName(-errno);
}

function systemFailure(address: string, code: string, cause: QuicError): DialFailure {
  const { words, reason, ntStatusName } = dialFailure(address, { code, message: cause.message });
  return new DialFailure(address, words, { reason, ntStatusName, cause });
}

function judge(error: QuicError, about: Circumstances): Judgement {
  switch (error.kind) {
    case "system":
      return systemCode(error) === "ECONNREFUSED"
        ? { words: "connection refused, nothing listens on this UDP port", reason: "refused" }
        : { words: lowerFirst(error.message), reason: "unreachable" };
    case "handshake-timeout":
      return {
        words: "no answer; UDP may be blocked on the way",
        reason: "timeout",
        problems: ["no-answer"],
      };
    case "idle-timeout":
      return { words: "the server went silent", reason: "timeout" };
    case "stateless-reset":
    case "stream":
      return { words: lowerFirst(error.message), reason: "reset" };
    default:
      return judgeTls(error, about);
  }
}

function judgeTls(error: QuicError, about: Circumstances): Judgement {
  const { tlsAlert, verification } = error;
  const plain: Judgement = { words: lowerFirst(error.message), reason: "other" };
  if (tlsAlert === undefined) return plain;
  if (tlsAlert === NO_APPLICATION_PROTOCOL || isAboutAlpn(error)) {
    return { words: NO_SMB, reason: "other", problems: ["no-smb"] };
  }
  if (error.isRemote) return judgeRefusal(error, tlsAlert, about) ?? plain;
  if (verification === undefined || verification.flags.length === 0) return plain;
  return {
    words: `the server's certificate ${explain(verification, about.name)}`,
    reason: "certificate",
    problems: verification.flags,
  };
}

/** Some servers (aioquic) have but one alert for all that is not in common, and say which in words. */
function isAboutAlpn({ tlsAlert, reason }: QuicError): boolean {
  return tlsAlert === HANDSHAKE_FAILURE && /\balpn\b/i.test(reason);
}

const NO_APPLICATION_PROTOCOL = 120;
const CERTIFICATE_REQUIRED = 116;
const UNRECOGNIZED_NAME = 112;
const INTERNAL_ERROR = 80;
const ACCESS_DENIED = 49;
const HANDSHAKE_FAILURE = 40;
const BAD_CERTIFICATE = 42;

/** What the server says of our certificate ([RFC 8446] 6.2, [MS-SMB2] 3.3.5.1). */
const REFUSALS: Readonly<Record<number, string>> = {
  [BAD_CERTIFICATE]: "the server refuses the client certificate: it cannot be verified",
  43: "the server refuses the client certificate: its kind is not supported",
  44: "the server refuses the client certificate: it is revoked",
  45: "the server refuses the client certificate: it is expired or not yet valid",
  46: "the server refuses the client certificate",
  48: "the server does not know the issuer of the client certificate",
  [ACCESS_DENIED]: "the server denies access: the client certificate is not on its list",
  [INTERNAL_ERROR]: "the server failed to check the client certificate",
  [CERTIFICATE_REQUIRED]: "the server does not accept the client certificate",
};

/** How servers say that they want a certificate when they got none. */
const WANTS_ONE: ReadonlySet<number> = new Set([
  ...[HANDSHAKE_FAILURE, BAD_CERTIFICATE, 43, 46, 48, CERTIFICATE_REQUIRED],
]);

function judgeRefusal(
  { reason: said }: QuicError,
  alert: number,
  about: Circumstances,
): Judgement | undefined {
  const identity = judgeIdentity(alert, about);
  if (identity !== undefined) return identity;
  if (alert === UNRECOGNIZED_NAME) {
    const words = `the server does not go by the name ${about.name}`;
    return { words, reason: "other", problems: ["name-mismatch"] };
  }
  if (alert !== HANDSHAKE_FAILURE) return undefined;
  const quoted = said === "" ? "" : ` (it says: ${said})`;
  return { words: `the server and smbx have no TLS settings in common${quoted}`, reason: "other" };
}

/** What the server wants to say about our certificate; undefined where it means something else. */
function judgeIdentity(alert: number, about: Circumstances): Judgement | undefined {
  return about.hasIdentity ? judgeOurs(alert, about) : judgeLack(alert, about);
}

function judgeLack(alert: number, about: Circumstances): Judgement | undefined {
  const { missingIdentity, wasAsked = false } = about;
  const isMissed = alert === CERTIFICATE_REQUIRED || (wasAsked && WANTS_ONE.has(alert));
  if (!isMissed && alert !== ACCESS_DENIED) return undefined;
  const why = missingIdentity === undefined ? "" : `; ${missingIdentity}`;
  const words = isMissed
    ? "the server requires a client certificate"
    : "the server denies access without a client certificate that is on its list";
  return { words: `${words}${why}`, reason: "identity", problems: ["client-certificate-required"] };
}

function judgeOurs(alert: number, { wasAsked = false }: Circumstances): Judgement | undefined {
  if (alert === INTERNAL_ERROR && !wasAsked) return undefined;
  const words = REFUSALS[alert];
  if (words === undefined) return undefined;
  return { words, reason: "identity", problems: ["client-certificate-refused"] };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
