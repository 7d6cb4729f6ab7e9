import {
  AvId,
  type AvPair,
  avFlags,
  avTimestamp,
  decodeAvPairs,
  encodeAvPairs,
  findAvPair,
} from "../../src/core/auth/ntlmssp/av-pairs.ts";
import {
  decodeAuthenticateMessage,
  decodeNegotiateMessage,
  encodeChallengeMessage,
  MIC_OFFSET,
  NegotiateFlags,
} from "../../src/core/auth/ntlmssp/messages.ts";
import { ntHash, ntowfV2 } from "../../src/core/auth/ntlmssp/ntlmv2.ts";
import { NtlmSessionSecurity } from "../../src/core/auth/ntlmssp/session-security.ts";
import { hmacMd5 } from "../../src/core/crypto/digests.ts";
import { Rc4 } from "../../src/core/crypto/rc4.ts";
import type { CaseTable } from "../../src/core/wire/upper-case.ts";
import { encodeUtf16 } from "../../src/core/wire/utf16.ts";

export interface FakeNtlmServerOptions {
  readonly password?: string;
  /** MsvAvTimestamp; without it no MIC is to be expected. */
  readonly timestamp?: bigint;
  /** Taken out of the flags that the client offers. */
  readonly without?: number;
  /** How it folds the name of a user. */
  readonly caseTable?: CaseTable;
  /** The build of its Version; 0, as Samba has it, where not given. */
  readonly build?: number;
  /** TargetInfo as it is, for servers that leave it out or do not end it. */
  readonly targetInfo?: Uint8Array;
}

/** How a logon looks from the server's side ([MS-NLMP] 3.2.5.1.2). */
export interface ServerVerdict {
  readonly isAccepted: boolean;
  readonly isAnonymous: boolean;
  readonly hasMic: boolean;
  readonly isMicValid: boolean;
  readonly user: string;
  readonly domain: string;
  readonly targetName: string;
  readonly channelBindings: Uint8Array;
  readonly lmResponse: Uint8Array;
  readonly sessionKey: Uint8Array;
  readonly security: NtlmSessionSecurity;
}

const SERVER_CHALLENGE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The acceptor of an NTLMv2 logon, for tests. */
export class FakeNtlmServer {
  readonly #options: FakeNtlmServerOptions;
  #negotiate = new Uint8Array(0);
  #challenge = new Uint8Array(0);

  constructor(options: FakeNtlmServerOptions = {}) {
    this.#options = options;
  }

  challenge(negotiate: Uint8Array): Uint8Array {
    const { timestamp, without = 0, build = 0 } = this.#options;
    const pairs: AvPair[] = [
      { id: AvId.NB_DOMAIN_NAME, value: encodeUtf16("LAB") },
      { id: AvId.NB_COMPUTER_NAME, value: encodeUtf16("SERVER") },
    ];
    if (timestamp !== undefined) {
      const value = new Uint8Array(8);
      new DataView(value.buffer).setBigUint64(0, timestamp, true);
      pairs.push({ id: AvId.TIMESTAMP, value });
    }
    this.#negotiate = negotiate.slice();
    this.#challenge = encodeChallengeMessage({
      flags:
        ((decodeNegotiateMessage(negotiate).flags | NegotiateFlags.TARGET_INFO) & ~without) >>> 0,
      serverChallenge: SERVER_CHALLENGE,
      targetName: "LAB",
      targetInfo: this.#options.targetInfo ?? encodeAvPairs(pairs),
      version: Uint8Array.of(10, 0, build & 0xff, build >> 8, 0, 0, 0, 15),
    }) as Uint8Array<ArrayBuffer>;
    return this.#challenge;
  }

  authenticate(token: Uint8Array): ServerVerdict {
    const m = decodeAuthenticateMessage(token);
    const isAnonymous = m.ntResponse.length === 0;
    const temp = m.ntResponse.subarray(16);
    const pairs = isAnonymous ? [] : decodeAvPairs(temp.subarray(28));
    const { password = "secret", caseTable = "samba" } = this.#options;
    const key = ntowfV2(ntHash(password), m.user, m.domain, caseTable);
    const proof = hmacMd5(key, SERVER_CHALLENGE, temp);
    const baseKey = isAnonymous ? new Uint8Array(16) : hmacMd5(key, m.ntResponse.subarray(0, 16));
    const isKeyExchanged = (m.flags & NegotiateFlags.KEY_EXCH) !== 0;
    const sessionKey = isKeyExchanged ? new Rc4(baseKey).update(m.encryptedSessionKey) : baseKey;
    const withoutMic = token.slice();
    withoutMic.fill(0, MIC_OFFSET, MIC_OFFSET + 16);
    const mic = hmacMd5(sessionKey, this.#negotiate, this.#challenge, withoutMic);
    const proven = Buffer.from(proof).equals(m.ntResponse.subarray(0, 16));
    return {
      isAccepted: isAnonymous ? (m.flags & NegotiateFlags.ANONYMOUS) !== 0 : proven,
      isAnonymous,
      hasMic: (avFlags(pairs) & 2) !== 0 && avTimestamp(pairs) === this.#options.timestamp,
      isMicValid: m.mic !== undefined && Buffer.from(mic).equals(m.mic),
      user: m.user,
      domain: m.domain,
      targetName: Buffer.from(findAvPair(pairs, AvId.TARGET_NAME) ?? []).toString("utf16le"),
      channelBindings: findAvPair(pairs, AvId.CHANNEL_BINDINGS) ?? new Uint8Array(0),
      lmResponse: m.lmResponse,
      sessionKey,
      security: new NtlmSessionSecurity(sessionKey, "server", {
        isKeyExchanged,
        has128: (m.flags & NegotiateFlags.KEY_128) !== 0,
      }),
    };
  }
}
