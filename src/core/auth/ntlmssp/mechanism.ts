import { hmacMd5 } from "../../crypto/digests.ts";
import { type RandomSource, randomBytes } from "../../crypto/random.ts";
import { Rc4 } from "../../crypto/rc4.ts";
import { ProtocolError } from "../../errors.ts";
import { type FileTime, fileTimeFromUnixMs } from "../../wire/file-time.ts";
import type { CaseTable } from "../../wire/upper-case.ts";
import { encodeUtf16 } from "../../wire/utf16.ts";
import { AuthenticationError } from "../authentication-error.ts";
import type { AuthMechanism } from "../mechanism.ts";
import {
  AV_FLAG_MIC,
  AvId,
  type AvPair,
  avFlags,
  avTimestamp,
  decodeAvPairs,
  encodeAvPairs,
} from "./av-pairs.ts";
import {
  type AuthenticateMessage,
  type ChallengeMessage,
  decodeChallengeMessage,
  encodeAuthenticateMessage,
  encodeNegotiateMessage,
  MIC_OFFSET,
  NegotiateFlags,
} from "./messages.ts";
import { lmV2Response, ntHash, ntlmV2Response, ntowfV2 } from "./ntlmv2.ts";
import { demandFlags, likelyCaseTable, lossesOf } from "./server-strength.ts";
import { NtlmSessionSecurity } from "./session-security.ts";

/** The object identifier of NTLMSSP ([MS-SPNG] 1.9). */
export const NTLMSSP_OID = "1.3.6.1.4.1.311.2.2.10";

/** Who logs on, and to what. */
export interface NtlmOptions {
  /** Empty for an anonymous logon; a password is then of no use. */
  readonly username: string;
  /** As the user gave it: its case is part of the answer. Empty with `user@realm` names. */
  readonly domain: string;
  readonly password?: string;
  /** Instead of a password: its 16-byte hash (MD4 of the UTF-16LE form). */
  readonly ntHash?: Uint8Array;
  /** Fold the name as the server seems not to: a second try, where Windows and Samba differ. */
  readonly usesOtherCaseTable?: boolean;
  /** Our own NetBIOS name. */
  readonly workstation?: string;
  /** The service principal name of the server, `cifs/host`: a server can tell relayed logons by it. */
  readonly targetName?: string;
  /** MD5 of the channel bindings of the wire below (RFC 5929), 16 bytes. */
  readonly channelBindings?: Uint8Array;
  /** The time now. */
  readonly now?: () => FileTime;
  readonly random?: RandomSource;
}

/** NTLMv2 as a mechanism. */
export interface NtlmMechanism extends AuthMechanism {
  /** The server's clock as its challenge told it, for explaining a refusal. */
  readonly serverTime: FileTime | undefined;
}

/**
 * An NTLMv2 logon ([MS-NLMP] 3.1.5.1). NTLMv1 and LM are never spoken, and a server that leaves no
 * choice but them gets an {@link AuthenticationError}.
 */
export function createNtlmMechanism(options: NtlmOptions): NtlmMechanism {
  return new NtlmClient(options);
}

/** What we ask for: no SEAL, for SMB does its own encryption, and only the strongest keys. */
const OFFERED_FLAGS =
  (NegotiateFlags.UNICODE |
    NegotiateFlags.REQUEST_TARGET |
    NegotiateFlags.SIGN |
    NegotiateFlags.NTLM |
    NegotiateFlags.ALWAYS_SIGN |
    NegotiateFlags.EXTENDED_SESSIONSECURITY |
    NegotiateFlags.TARGET_INFO |
    NegotiateFlags.VERSION |
    NegotiateFlags.KEY_128 |
    NegotiateFlags.KEY_EXCH) >>>
  0;

/** [MS-NLMP] 2.2.2.10: 10.0, build 0, NTLMSSP_REVISION_W2K3. Servers only log it. */
const VERSION = new Uint8Array([10, 0, 0, 0, 0, 0, 0, 15]);

const KEY_LENGTH = 16;

class NtlmClient implements NtlmMechanism {
  readonly name = "NTLM";
  readonly oid: string = NTLMSSP_OID;
  readonly #options: NtlmOptions;
  readonly #hash: Uint8Array;
  #negotiate: Uint8Array | undefined;
  #sessionKey: Uint8Array | undefined;
  #security: NtlmSessionSecurity | undefined;
  #serverTime: FileTime | undefined;
  #losses: readonly string[] = [];

  constructor(options: NtlmOptions) {
    const { password = "", ntHash: hash, ...rest } = options;
    if (hash !== undefined && hash.length !== KEY_LENGTH) {
      throw new AuthenticationError("An NT hash has 16 bytes: 32 hexadecimal digits");
    }
    this.#options = rest; // the password itself is not kept
    this.#hash = hash?.slice() ?? ntHash(password);
  }

  get isComplete(): boolean {
    return this.#sessionKey !== undefined;
  }

  get hasIntegrity(): boolean {
    return this.#security !== undefined;
  }

  get serverTime(): FileTime | undefined {
    return this.#serverTime;
  }

  get losses(): readonly string[] {
    return this.#losses;
  }

  get sessionKey(): Uint8Array {
    if (this.#sessionKey === undefined) throw new AuthenticationError("The logon is not complete");
    return this.#sessionKey;
  }

  async step(token: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    if (this.#negotiate === undefined) {
      this.#negotiate = encodeNegotiateMessage({ flags: OFFERED_FLAGS, version: VERSION });
      return this.#negotiate;
    }
    const hasToken = token !== undefined && token.length > 0;
    if (this.isComplete) {
      if (hasToken) throw new ProtocolError("The server sent an NTLM message too many");
      return undefined;
    }
    if (!hasToken) throw new ProtocolError("The server sent no NTLM challenge");
    return this.#answer(this.#negotiate, token);
  }

  sign(bytes: Uint8Array): Uint8Array {
    return this.#integrity().sign(bytes);
  }

  verify(bytes: Uint8Array, mic: Uint8Array): boolean {
    return this.#integrity().verify(bytes, mic);
  }

  wipe(): void {
    this.#hash.fill(0);
    this.#sessionKey?.fill(0);
    this.#security?.wipe();
  }

  #integrity(): NtlmSessionSecurity {
    if (this.#security === undefined) {
      throw new AuthenticationError("This logon has no key to sign with");
    }
    return this.#security;
  }

  /** [MS-NLMP] 3.1.5.1.2. */
  #answer(negotiate: Uint8Array, token: Uint8Array): Uint8Array {
    const challenge = decodeChallengeMessage(token);
    demandFlags(challenge.flags);
    const offeredPairs = decodeAvPairs(challenge.targetInfo);
    this.#serverTime = avTimestamp(offeredPairs);
    const flags = (challenge.flags & OFFERED_FLAGS) >>> 0;
    if (this.#options.username === "") return this.#answerAnonymously(flags);
    this.#losses = lossesOf(challenge.flags, offeredPairs);

    // With a timestamp the server can hold us to the MIC; then it goes without the LMv2 answer.
    const hasMic = this.#serverTime !== undefined;
    const { response, lmResponse, sessionBaseKey } = this.#respond(
      challenge,
      this.#answerPairs(offeredPairs, hasMic),
      hasMic,
    );
    const { sessionKey, encryptedSessionKey } = this.#exchangeKey(sessionBaseKey, flags);
    const message = encode({
      ...this.#names(),
      flags,
      lmResponse,
      ntResponse: response,
      encryptedSessionKey,
      ...(hasMic ? { mic: new Uint8Array(KEY_LENGTH) } : {}),
    });
    if (hasMic) message.set(hmacMd5(sessionKey, negotiate, token, message), MIC_OFFSET);
    this.#sessionKey = sessionKey;
    if ((flags & NegotiateFlags.SIGN) !== 0) {
      const isKeyExchanged = encryptedSessionKey.length > 0;
      const has128 = (flags & NegotiateFlags.KEY_128) !== 0;
      this.#security = new NtlmSessionSecurity(sessionKey, "client", { isKeyExchanged, has128 });
    }
    return message;
  }

  /** [MS-NLMP] 3.2.5.1.2: no NT answer, one zero byte for LM; the keys are zero and protect nothing. */
  #answerAnonymously(flags: number): Uint8Array {
    const unkeyed = flags & ~(NegotiateFlags.KEY_EXCH | NegotiateFlags.SIGN);
    this.#sessionKey = new Uint8Array(KEY_LENGTH);
    return encode({
      ...this.#names(),
      flags: (unkeyed | NegotiateFlags.ANONYMOUS) >>> 0,
      domain: "",
      lmResponse: new Uint8Array(1),
      ntResponse: new Uint8Array(0),
      encryptedSessionKey: new Uint8Array(0),
    });
  }

  #names(): Pick<AuthenticateMessage, "domain" | "user" | "workstation" | "version"> {
    const { username, domain, workstation = "" } = this.#options;
    return { domain, user: username, workstation, version: VERSION };
  }

  #respond(
    challenge: ChallengeMessage,
    pairs: readonly AvPair[],
    hasMic: boolean,
  ): { response: Uint8Array; lmResponse: Uint8Array; sessionBaseKey: Uint8Array } {
    const { username, domain, random = randomBytes, now = machineTime } = this.#options;
    const input = {
      responseKey: ntowfV2(this.#hash, username, domain, this.#caseTable(challenge)),
      serverChallenge: challenge.serverChallenge,
      clientChallenge: random(8),
      time: this.#serverTime ?? now(),
      targetInfo: encodeAvPairs(pairs),
    };
    const lmResponse = hasMic ? new Uint8Array(24) : lmV2Response(input);
    const answer = { ...ntlmV2Response(input), lmResponse };
    input.responseKey.fill(0);
    return answer;
  }

  #caseTable({ version }: ChallengeMessage): CaseTable {
    const likely = likelyCaseTable(version);
    if (this.#options.usesOtherCaseTable !== true) return likely;
    return likely === "samba" ? "windows" : "samba";
  }

  /** The server's pairs and ours, which bind the answer to this server and this channel. */
  #answerPairs(offered: readonly AvPair[], hasMic: boolean): AvPair[] {
    const { targetName, channelBindings } = this.#options;
    const ours: readonly number[] = [AvId.FLAGS, AvId.TARGET_NAME, AvId.CHANNEL_BINDINGS];
    const pairs = offered.filter((pair) => !ours.includes(pair.id));
    const flags = avFlags(offered) | (hasMic ? AV_FLAG_MIC : 0);
    if (flags !== 0) pairs.push({ id: AvId.FLAGS, value: littleEndian32(flags) });
    const bindings = channelBindings ?? new Uint8Array(16);
    pairs.push({ id: AvId.CHANNEL_BINDINGS, value: bindings });
    pairs.push({ id: AvId.TARGET_NAME, value: encodeUtf16(targetName ?? "") });
    return pairs;
  }

  /** The key of the session, and how the server learns it ([MS-NLMP] 3.1.5.1.2). */
  #exchangeKey(
    sessionBaseKey: Uint8Array,
    flags: number,
  ): { sessionKey: Uint8Array; encryptedSessionKey: Uint8Array } {
    // For NTLMv2 KXKEY is SessionBaseKey itself ([MS-NLMP] 3.4.5.1).
    const isExchanged =
      (flags & NegotiateFlags.KEY_EXCH) !== 0 && (flags & NegotiateFlags.SIGN) !== 0;
    if (!isExchanged) {
      return { sessionKey: sessionBaseKey, encryptedSessionKey: new Uint8Array(0) };
    }
    const sessionKey = (this.#options.random ?? randomBytes)(KEY_LENGTH).slice();
    const cipher = new Rc4(sessionBaseKey);
    const encryptedSessionKey = cipher.update(sessionKey);
    cipher.wipe();
    sessionBaseKey.fill(0);
    return { sessionKey, encryptedSessionKey };
  }
}

function encode(message: AuthenticateMessage): Uint8Array {
  try {
    return encodeAuthenticateMessage(message);
  } catch (cause) {
    throw new AuthenticationError("A name or the server's challenge is too long for NTLM", {
      cause,
    });
  }
}

function littleEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function machineTime(): FileTime {
  return fileTimeFromUnixMs(Date.now());
}
