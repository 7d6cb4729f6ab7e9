import { AuthenticationError } from "../auth/authentication-error.ts";
import type { SpnegoExchange } from "../auth/spnego.ts";
import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import { securityMode } from "../connection/negotiator.ts";
import type { RawReply } from "../connection/outstanding-requests.ts";
import type { OutboundRequest } from "../connection/request.ts";
import { ProtocolError, UnsupportedError, WireFormatError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { Dialect, HeaderFlags, SecurityMode, SessionFlags } from "../smb2/constants.ts";
import { LogoffRequest, LogoffResponse } from "../smb2/logoff.ts";
import { createMessageSecurity } from "./keys.ts";
import { sendOneByOne } from "./one-by-one.ts";
import {
  type AnyRequestSpec,
  commandOf,
  decodeReply,
  type Reply,
  type RequestSpec,
} from "./request-spec.ts";
import { exchangeSessionSetup, type SessionSetupResult } from "./session-setup-exchange.ts";

/** How the messages of a session are to be protected. */
export type Protection = "sign" | "encrypt" | "off";

export interface SessionOptions {
  /** Makes a fresh exchange: for the first authentication and for each later one. */
  readonly authenticate: () => SpnegoExchange;
  /** `DOMAIN\user` for error texts; empty for an anonymous logon. */
  readonly user: string;
  readonly kind: "password" | "anonymous" | "guest";
  readonly protection: Protection;
  readonly signal?: AbortSignal | undefined;
}

/** An authenticated session ([MS-SMB2] 3.2.1.3) on one connection. */
export class Session {
  readonly connection: Connection;
  readonly sessionId: bigint;
  readonly isGuest: boolean;
  readonly isAnonymous: boolean;
  /** FSCTL_VALIDATE_NEGOTIATE_INFO is asked once a session. */
  hasValidatedNegotiate = false;
  readonly #options: SessionOptions;
  readonly #security: MessageSecurity;
  #reauthentication: Promise<void> | undefined;
  #isLoggedOff = false;

  /** Use `Session.setUp`. */
  private constructor(connection: Connection, setup: SessionSetupResult, options: SessionOptions) {
    this.connection = connection;
    this.sessionId = setup.sessionId;
    // Our own logon decides what keys there are: these flags come before anything was verified.
    this.isAnonymous = options.kind === "anonymous";
    this.isGuest = !this.isAnonymous && hasNoUser(setup);
    refuseUnwantedGuest(this.isGuest, options);
    this.#options = options;
    this.#security = secure(connection, setup, options, this.isGuest || this.isAnonymous);
  }

  /**
   * Authenticates and derives the keys ([MS-SMB2] 3.2.4.2.3).
   *
   * @throws {AuthenticationError} where the server refuses the user, or lets it in only as a guest
   *   although that was not asked for
   * @throws {UnsupportedError} where the protection asked for is not to be had
   */
  static async setUp(connection: Connection, options: SessionOptions): Promise<Session> {
    const spnego = options.authenticate();
    try {
      const setup = await exchangeSessionSetup(connection, spnego, {
        securityMode: securityModeOf(connection, options),
        user: options.user,
        signal: options.signal,
      });
      const session = new Session(connection, setup, options);
      session.#accept(setup.finalReply);
      connection.attach(session.#security);
      return session;
    } finally {
      spnego.wipe();
    }
  }

  /** Every message is encrypted. */
  get isEncrypted(): boolean {
    return this.#security.encryptionRequired;
  }

  /** Every message that is not encrypted is signed. */
  get isSigned(): boolean {
    return this.#security.signingRequired;
  }

  /** There is a key to sign with; guests and anonymous users have none. */
  get canSign(): boolean {
    return this.#security.signer !== undefined;
  }

  /** There are keys to encrypt with. */
  get canEncrypt(): boolean {
    return this.#security.sealing !== undefined;
  }

  get user(): string {
    return this.#options.user;
  }

  /**
   * Sends one request and decodes its response. An expired session is authenticated anew and the
   * request repeated, once.
   *
   * @throws {NtStatusError} where the server answers with a status that `accept` does not name
   */
  async request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    let raw = await this.#sendOne(spec);
    if (isExpired(raw)) {
      await this.#reauthenticate();
      raw = await this.#sendOne(spec);
    }
    return this.#finish(raw, spec);
  }

  /**
   * Sends a related compound in one frame. Where a message needs the FileId of the CREATE before it,
   * it gives sixteen bytes of 0xFF ([MS-SMB2] 3.2.4.1.4). A server that grants too few credits for
   * one frame gets the messages one by one.
   *
   * @returns for each message its reply, or the status it failed with
   */
  async compound(
    specs: readonly AnyRequestSpec[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<(Reply<unknown> | NtStatusError)[]> {
    if (!this.connection.canSendAtOnce(specs.map(toOutbound))) {
      const { signal } = options;
      return sendOneByOne(specs, (spec) => this.request({ ...spec, signal }));
    }
    let raws = await this.#send(specs, options.signal);
    if (raws.some(isExpired)) {
      await this.#reauthenticate();
      raws = await this.#send(specs, options.signal);
    }
    return raws.map((raw, index) => {
      const spec = specs[index];
      if (spec === undefined) throw new ProtocolError("A compound got more replies than requests");
      return this.#decode(raw, spec);
    });
  }

  /** Ends the session on the server ([MS-SMB2] 3.2.4.23). Does nothing the second time. */
  async logoff(signal?: AbortSignal): Promise<void> {
    if (this.#isLoggedOff) return;
    const leaving = this.request({
      request: LogoffRequest,
      message: {},
      response: LogoffResponse,
      signal,
    });
    this.#isLoggedOff = true;
    await leaving;
    this.connection.detach(this.sessionId);
  }

  async #sendOne(spec: AnyRequestSpec): Promise<RawReply> {
    this.#refuseAfterLogoff(spec);
    const sent = await this.connection.send([toOutbound(spec)], {
      security: this.#security,
      encrypt: spec.encrypt,
      sign: spec.sign,
      signal: spec.signal,
    });
    const [reply] = sent.replies;
    if (reply === undefined)
      throw new ProtocolError("A request was sent without expecting a reply");
    const raw = await reply;
    // The caller may reuse the payload's memory as soon as we return.
    if (spec.payload !== undefined) await sent.sent;
    return raw;
  }

  async #send(
    specs: readonly AnyRequestSpec[],
    signal: AbortSignal | undefined,
  ): Promise<RawReply[]> {
    for (const spec of specs) this.#refuseAfterLogoff(spec);
    const sent = await this.connection.send(specs.map(toOutbound), {
      security: this.#security,
      encrypt: specs.some((spec) => spec.encrypt === true),
      related: true,
      signal,
    });
    const raws = await Promise.all(sent.replies);
    await sent.sent;
    return raws;
  }

  /** The server would only say the same, or hang up where the session was encrypted. */
  #refuseAfterLogoff(spec: AnyRequestSpec): void {
    if (!this.#isLoggedOff) return;
    const { path } = spec;
    throw new NtStatusError(NtStatus.USER_SESSION_DELETED, { command: commandOf(spec), path });
  }

  #finish<R>(raw: RawReply, spec: RequestSpec<unknown, R>): Reply<R> {
    const result = this.#decode(raw, spec);
    if (result instanceof NtStatusError) throw result;
    return result;
  }

  #decode<R>(raw: RawReply, spec: RequestSpec<unknown, R>): Reply<R> | NtStatusError {
    const { status } = raw.header;
    if (status !== NtStatus.SUCCESS && spec.accept?.includes(status) !== true) {
      raw.release();
      return new NtStatusError(status, { command: commandOf(spec), path: spec.path });
    }
    try {
      return decodeReply(raw, spec.response);
    } catch (error) {
      if (error instanceof WireFormatError) this.connection.abort(error);
      throw error;
    }
  }

  /** One at a time: every request that found the session expired waits for the same exchange. */
  #reauthenticate(): Promise<void> {
    this.#reauthentication ??= this.#authenticateAnew().finally(() => {
      this.#reauthentication = undefined;
    });
    return this.#reauthentication;
  }

  /** [MS-SMB2] 3.2.4.2.3.1: the session keeps its id and its keys. */
  async #authenticateAnew(): Promise<void> {
    const spnego = this.#options.authenticate();
    try {
      const { sessionFlags } = await exchangeSessionSetup(this.connection, spnego, {
        securityMode: securityModeOf(this.connection, this.#options),
        user: this.#options.user,
        existing: this.#security,
      });
      refuseUnwantedGuest(!this.isAnonymous && hasNoUser({ sessionFlags }), this.#options);
    } finally {
      spnego.wipe();
    }
  }

  /** Checks the final SESSION_SETUP response now that the keys exist ([MS-SMB2] 3.2.5.3.1). */
  #accept(finalReply: RawReply): void {
    const { header, message } = finalReply;
    if (this.isGuest || this.isAnonymous) return;
    const isSigned = (header.flags & HeaderFlags.SIGNED) !== 0;
    if (
      isSigned ||
      this.#security.signingRequired ||
      this.connection.dialect === Dialect.SMB_3_1_1
    ) {
      this.#security.verify(message, header);
    }
  }
}

function isExpired({ header }: RawReply): boolean {
  return header.status === NtStatus.NETWORK_SESSION_EXPIRED;
}

/** The server has taken the user for somebody unknown ([MS-SMB2] 2.2.6). */
function hasNoUser({ sessionFlags }: Pick<SessionSetupResult, "sessionFlags">): boolean {
  return (sessionFlags & (SessionFlags.IS_GUEST | SessionFlags.IS_NULL)) !== 0;
}

function refuseUnwantedGuest(isGuest: boolean, { kind, user }: SessionOptions): void {
  if (!isGuest || kind !== "password") return;
  throw new AuthenticationError(
    `The server knows no such user and offers only guest access to ${user}: check the name, or ask for guest access`,
  );
}

/** What the client insists on; nothing where the wire protects everything. */
function wantedProtection(
  { negotiated }: Connection,
  { protection }: Pick<SessionOptions, "protection">,
): Protection {
  return negotiated.usesTransportSecurity ? "off" : protection;
}

function securityModeOf(connection: Connection, options: SessionOptions): number {
  return securityMode(wantedProtection(connection, options) !== "off");
}

/**
 * A server that accepted the wire's protection and demands signing or encryption all the same gets
 * it: it would refuse everything else.
 */
function secure(
  connection: Connection,
  setup: SessionSetupResult,
  options: SessionOptions,
  hasNoKey: boolean,
): MessageSecurity {
  const { negotiated } = connection;
  const wanted = wantedProtection(connection, options);
  const wantsEncryption =
    wanted === "encrypt" || (setup.sessionFlags & SessionFlags.ENCRYPT_DATA) !== 0;
  if (wantsEncryption && negotiated.cipher === undefined) {
    throw new UnsupportedError(
      "Encryption is required, but the server and this client have no cipher in common",
    );
  }
  if (wantsEncryption && hasNoKey) {
    throw new UnsupportedError(
      "Encryption is required, but a guest or anonymous session has no key for it",
    );
  }
  const serverRequires = (negotiated.serverSecurityMode & SecurityMode.SIGNING_REQUIRED) !== 0;
  return createMessageSecurity(negotiated, setup.material, {
    sessionId: setup.sessionId,
    signingRequired: !hasNoKey && (wanted !== "off" || serverRequires),
    encryptionRequired: wantsEncryption,
    hasKey: !hasNoKey,
  });
}

function toOutbound(spec: AnyRequestSpec): OutboundRequest {
  return {
    codec: spec.request,
    message: spec.message,
    payload: spec.payload,
    expectedSize: spec.expectedSize,
    treeId: spec.treeId,
    flags: spec.flags,
    mayWait: spec.mayWait,
    onLateReply:
      spec.onLateReply === undefined
        ? undefined
        : (raw) => {
            if (raw.header.status === NtStatus.SUCCESS)
              spec.onLateReply?.(decodeReply(raw, spec.response));
          },
  };
}
