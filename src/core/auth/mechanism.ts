/**
 * One way to prove who we are, as bytes to bytes. An instance serves one authentication, once; a
 * re-authentication takes a new one.
 */
export interface AuthMechanism {
  /** As a person knows it: `NTLM`, `Kerberos`. */
  readonly name: string;
  /** The object identifier that SPNEGO knows it by, dotted. */
  readonly oid: string;
  /** True once the last token was made (or needs no making); then the session key is there. */
  readonly isComplete: boolean;
  /**
   * False where there is no secret to protect anything with (an anonymous logon): then neither
   * `sign` nor `verify` may be called.
   */
  readonly hasIntegrity: boolean;
  /** Session.SessionKey material, 16 bytes; all zeros for an anonymous logon. Read when complete. */
  readonly sessionKey: Uint8Array;
  /** What this logon lacks because of the peer, as sentences without a capital; often nothing. */
  readonly losses: readonly string[];
  /**
   * Takes the peer's token (undefined at the start) and gives the next one, or undefined where
   * nothing more is to be sent.
   *
   * @throws {AuthenticationError} where the peer offers less than we accept
   * @throws {WireFormatError} where the token is malformed
   */
  step(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined>;
  /** A message integrity code over `bytes` (GSS_GetMIC): the mechListMIC of SPNEGO. */
  sign(bytes: Uint8Array): Uint8Array;
  /** Whether `mic` is the peer's code over `bytes` (GSS_VerifyMIC). */
  verify(bytes: Uint8Array, mic: Uint8Array): boolean;
  /** Overwrites the secrets it holds, the session key included. */
  wipe(): void;
}
