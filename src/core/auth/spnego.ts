import { ProtocolError } from "../errors.ts";
import { AuthenticationError } from "./authentication-error.ts";
import type { AuthMechanism } from "./mechanism.ts";
import { NTLMSSP_SIGNATURE } from "./ntlmssp/messages.ts";
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  NegState,
  type NegTokenResp,
} from "./spnego-tokens.ts";

/** Names for what servers offer, to tell a person what we cannot do. */
const MECHANISM_NAMES: Readonly<Record<string, string>> = {
  "1.2.840.113554.1.2.2": "Kerberos",
  "1.2.840.48018.1.2.2": "Kerberos",
  "1.2.840.113554.1.2.2.3": "Kerberos user-to-user",
  "1.3.6.1.4.1.311.2.2.10": "NTLM",
  "1.3.6.1.4.1.311.2.2.30": "NegoEx",
  "1.3.6.1.5.2.5": "IAKERB",
  "1.3.5.1.5.2.7": "PKU2U",
};

/**
 * One logon, negotiated by SPNEGO (RFC 4178, [MS-SPNG]): agrees on one of the mechanisms, carries its
 * tokens, and proves to both sides with mechListMIC that nobody changed the list of mechanisms.
 *
 * ```ts
 * let token = await exchange.first(negotiateResponse.securityBuffer);
 * // send; while the server wants more: token = await exchange.next(securityBuffer)
 * // on success:
 * await exchange.finish(securityBuffer);
 * exchange.sessionKey;
 * ```
 *
 * Every method throws {@link WireFormatError} for malformed tokens, {@link ProtocolError} for tokens
 * out of order, and {@link AuthenticationError} where the logon must not go on.
 */
export class SpnegoExchange {
  readonly #all: readonly AuthMechanism[];
  #offered: readonly AuthMechanism[] = [];
  #mechTypes: Uint8Array = new Uint8Array(0);
  #mechanism: AuthMechanism | undefined;
  /** The server speaks NTLMSSP without SPNEGO around it. */
  #isRaw = false;
  #hasReply = false;
  /** RFC 4178 5: the preferred mechanism was not taken, or the server asked for the MIC. */
  #isMicRequired = false;
  #isMicSent = false;
  #isMicVerified = false;

  /** The mechanisms in order of preference, each used once. */
  constructor(mechanisms: readonly AuthMechanism[]) {
    this.#all = mechanisms;
  }

  /** The mechanism in use; the preferred one until the server says otherwise. */
  get mechanism(): AuthMechanism {
    if (this.#mechanism === undefined) throw new ProtocolError("The logon has not begun");
    return this.#mechanism;
  }

  /** The key that the mechanism agreed on, 16 bytes. */
  get sessionKey(): Uint8Array {
    return this.mechanism.sessionKey;
  }

  /** What the logon lacks because of the server: see `AuthMechanism.losses`. */
  get losses(): readonly string[] {
    return this.mechanism.losses;
  }

  /**
   * The first token. `serverInitToken` is the security buffer of the NEGOTIATE response, which lists
   * the server's mechanisms; it may be empty ([MS-SMB2] 3.2.4.2.3).
   */
  async first(serverInitToken?: Uint8Array): Promise<Uint8Array> {
    const hints = serverInitToken ?? new Uint8Array(0);
    this.#isRaw = isRawNtlm(hints);
    const accepted = hints.length > 0 && !this.#isRaw ? decodeNegTokenInit(hints).mechTypes : [];
    this.#offered = this.#all.filter(({ oid }) => accepted.length === 0 || accepted.includes(oid));
    const [preferred] = this.#offered;
    if (preferred === undefined) throw nothingInCommon(this.#all, accepted);
    this.#mechanism = preferred;
    const mechTypes = this.#offered.map(({ oid }) => oid);
    this.#mechTypes = encodeMechTypes(mechTypes);
    const mechToken = await preferred.step(undefined);
    if (this.#isRaw) return mechToken ?? new Uint8Array(0);
    return encodeNegTokenInit(mechToken === undefined ? { mechTypes } : { mechTypes, mechToken });
  }

  /** The answer to the security buffer of a SESSION_SETUP response that asks for more. */
  async next(token: Uint8Array): Promise<Uint8Array | undefined> {
    if (isRawNtlm(token) && !this.#hasReply) this.#isRaw = true;
    if (this.#isRaw) return this.mechanism.step(token);
    const response = await this.#receive(token);
    const mechListMic = this.#micToSend();
    if (response === undefined && mechListMic === undefined) return undefined;
    return encodeNegTokenResp({
      negState: NegState.ACCEPT_INCOMPLETE,
      ...(response === undefined ? {} : { responseToken: response }),
      ...(mechListMic === undefined ? {} : { mechListMic }),
    });
  }

  /** Takes the last security buffer, that of the response that says success; it may be empty. */
  async finish(token?: Uint8Array): Promise<void> {
    const last = token ?? new Uint8Array(0);
    if (last.length > 0) {
      if (this.#isRaw) await this.mechanism.step(last);
      else await this.#receive(last);
    }
    if (!this.mechanism.isComplete) {
      throw new AuthenticationError(
        "The server ended the logon before it was complete; it may have taken us for a guest",
      );
    }
    if (this.#isMicRequired && !this.#isMicVerified) throw tampered();
  }

  /** Overwrites the secrets of all the mechanisms. */
  wipe(): void {
    for (const mechanism of this.#all) mechanism.wipe();
  }

  /** Reads a NegTokenResp and gives the mechanism's answer to it. */
  async #receive(token: Uint8Array): Promise<Uint8Array | undefined> {
    const reply = decodeNegTokenResp(token);
    if (reply.negState === NegState.REJECT) {
      throw new AuthenticationError(`The server rejects ${this.mechanism.name} for this logon`);
    }
    if (reply.negState === NegState.REQUEST_MIC) this.#isMicRequired = true;
    const hasSwitched = this.#follow(reply);
    this.#hasReply = true;
    const answer =
      hasSwitched || reply.responseToken !== undefined
        ? await this.mechanism.step(reply.responseToken)
        : undefined;
    this.#verifyMic(reply);
    return answer;
  }

  /** Follows the server's choice of a mechanism, which it makes once. True where it is another. */
  #follow({ supportedMech }: NegTokenResp): boolean {
    if (supportedMech === undefined || supportedMech === this.mechanism.oid) return false;
    const chosen = this.#offered.find(({ oid }) => oid === supportedMech);
    if (chosen === undefined || this.#hasReply) {
      throw new AuthenticationError(
        `The server chose a method that was not offered: ${mechanismName(supportedMech)}`,
      );
    }
    this.#mechanism = chosen;
    this.#isMicRequired = true;
    return true;
  }

  #verifyMic({ mechListMic, responseToken }: NegTokenResp): void {
    if (mechListMic === undefined) return;
    // Windows 2000 repeats the response token in the place of the MIC.
    if (responseToken !== undefined && isEqual(mechListMic, responseToken)) return;
    const { mechanism } = this;
    if (!mechanism.isComplete || !mechanism.hasIntegrity) return;
    if (!mechanism.verify(this.#mechTypes, mechListMic)) throw tampered();
    this.#isMicVerified = true;
  }

  /** The MIC goes out once, with our last token. */
  #micToSend(): Uint8Array | undefined {
    const { mechanism } = this;
    if (this.#isMicSent || !mechanism.isComplete || !mechanism.hasIntegrity) return undefined;
    this.#isMicSent = true;
    return mechanism.sign(this.#mechTypes);
  }
}

function isRawNtlm(token: Uint8Array): boolean {
  return isEqual(token.subarray(0, NTLMSSP_SIGNATURE.length), NTLMSSP_SIGNATURE);
}

/** Of public bytes; secrets are compared by `constantTimeEqual`. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function mechanismName(oid: string): string {
  return MECHANISM_NAMES[oid] ?? oid;
}

function nothingInCommon(
  ours: readonly AuthMechanism[],
  theirs: readonly string[],
): AuthenticationError {
  const wanted = ours.map(({ name }) => name).join(", ");
  const offered = [...new Set(theirs.map(mechanismName))].join(", ");
  return new AuthenticationError(`The server accepts ${offered} only; we tried ${wanted}`);
}

function tampered(): AuthenticationError {
  return new AuthenticationError(
    "The list of logon methods was changed on its way, or the server does not know our session key: the logon is refused",
  );
}
