import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import { ProtocolError, TransportClosedError, WireFormatError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { LogoffRequest, LogoffResponse } from "../smb2/logoff.ts";
import { whileBusy } from "./busy-server.ts";
import { Channel } from "./channel.ts";
import { ChannelList, type ChannelLossListener } from "./channel-list.ts";
import { hasNoKey } from "./keys.ts";
import { type Result, type SendAlone, sendOneByOne } from "./one-by-one.ts";
import { isRepeatableOnlyApart } from "./replay-rules.ts";
import {
  type Answer,
  type DispatchOptions,
  LostCompound,
  RequestDispatcher,
} from "./request-dispatcher.ts";
import {
  type AnyRequestSpec,
  commandOf,
  decodeReply,
  type Reply,
  type RequestSpec,
} from "./request-spec.ts";
import { bindConnection } from "./session-binding.ts";
import { type Protection, secure, securityModeOf, verifyFinal } from "./session-protection.ts";
import { exchangeSessionSetup, type SessionSetupResult } from "./session-setup-exchange.ts";
import { hasNoUser, refuseUnwantedGuest, type SessionUser } from "./session-user.ts";
import { askAgain, isFlushFollowed } from "./turned-away.ts";
import type { WriteMemory } from "./write-memory.ts";

export interface SessionOptions extends SessionUser {
  readonly protection: Protection;
  readonly signal?: AbortSignal | undefined;
}

/** How a related compound is sent. */
export interface CompoundOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the server turns away is not asked for again alone: all of it counts, or nothing. */
  readonly isWhole?: boolean | undefined;
}

/** An authenticated session ([MS-SMB2] 3.2.1.3): on one connection, or on several as its channels. */
export class Session {
  readonly sessionId: bigint;
  readonly isGuest: boolean;
  readonly isAnonymous: boolean;
  /** What the logon lacks because of the server, as sentences without a capital; often nothing. */
  readonly logonLosses: readonly string[];
  /** FSCTL_VALIDATE_NEGOTIATE_INFO is asked once a session. */
  hasValidatedNegotiate = false;
  /** Further channels are being opened. */
  isGettingChannels = false;
  readonly #options: SessionOptions;
  /** With the key that signs SESSION_SETUP, whatever becomes of the first channel. */
  readonly #security: MessageSecurity;
  readonly #channels: ChannelList;
  readonly #dispatcher: RequestDispatcher;
  #reauthentication: Promise<void> | undefined;
  #isLoggedOff = false;

  /** Use `Session.setUp`. */
  private constructor(connection: Connection, setup: SessionSetupResult, options: SessionOptions) {
    this.sessionId = setup.sessionId;
    this.logonLosses = setup.losses;
    // Our own logon decides what keys there are: these flags come before anything was verified.
    this.isAnonymous = options.kind === "anonymous" || hasNoKey(setup.material);
    this.isGuest = !this.isAnonymous && hasNoUser(setup);
    refuseUnwantedGuest(this.isGuest, options);
    this.#options = options;
    this.#security = secure(
      connection,
      setup,
      options.protection,
      this.isGuest || this.isAnonymous,
    );
    verifyFinal(setup.finalReply, this.#security, connection.dialect);
    this.#channels = new ChannelList(new Channel(connection, this.#security));
    this.#dispatcher = new RequestDispatcher(this.#channels, connection.clock);
  }

  /**
   * Authenticates and derives the keys ([MS-SMB2] 3.2.4.2.3).
   *
   * @throws {AuthenticationError} where the server refuses the user, or lets it in only as a guest
   *   although that was not asked for, or without the key that the protection asked for needs
   * @throws {UnsupportedError} where encryption is required and no cipher was negotiated
   */
  static async setUp(connection: Connection, options: SessionOptions): Promise<Session> {
    const spnego = options.authenticate();
    try {
      const setup = await exchangeSessionSetup(connection, spnego, {
        securityMode: securityModeOf(connection, options.protection),
        user: options.user,
        signal: options.signal,
      });
      return new Session(connection, setup, options);
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

  /** Session.Connection ([MS-SMB2] 3.2.7.1): that of the oldest channel that works. */
  get connection(): Connection {
    return this.#channels.first.connection;
  }

  /** The connections that make up the session, the oldest first. */
  get channels(): readonly Channel[] {
    return this.#channels.all;
  }

  /** It has several channels, or is getting them: what is sent may have to be sent again. */
  get isMultichannel(): boolean {
    return this.isGettingChannels || this.#channels.all.length > 1;
  }

  /** A channel was lost while others lived: what was sent there was sent again. */
  get hasLostChannel(): boolean {
    return this.#channels.sequence.value > 0;
  }

  /** No channel is left. */
  get isClosed(): boolean {
    return this.#channels.all.every(({ isOpen }) => !isOpen);
  }

  /** Resolves once, when no channel is left: with the reason, or undefined for an orderly end. */
  get closed(): Promise<Error | undefined> {
    return this.#channels.closed;
  }

  /** Calls `callback` once, when requests have asked for or carried so many bytes. */
  callWhenBusy(bytes: number, callback: () => void): void {
    this.#dispatcher.callWhenBusy(bytes, callback);
  }

  /** Told of each channel that is lost while others live. */
  set onChannelLoss(listener: ChannelLossListener | undefined) {
    this.#channels.onLoss = listener;
  }

  /** Called for an oplock or lease break, on whichever channel it comes ([MS-SMB2] 3.2.5.19). */
  set onBreak(listener: ((message: Uint8Array) => void) | undefined) {
    this.#channels.onBreak = listener;
  }

  /** What one READ or WRITE may carry now; a channel that affords it will be found. */
  get chunkSize(): number {
    return this.#chunkSize(false);
  }

  /** The same in a share that asks for encryption. */
  get encryptedChunkSize(): number {
    return this.#chunkSize(true);
  }

  /**
   * Memory for the data of the next WRITE, from where they go without being copied; undefined where
   * they go in the message, or none is free. Its owner must release it.
   */
  lendWriteMemory(length: number, encrypt: boolean): WriteMemory | undefined {
    return this.#channels.leastLoaded(() => true).lendWriteMemory(length, encrypt);
  }

  /** What a response of another kind may carry now: `wanted`, or what server and credits allow. */
  transactSize(wanted: number): number {
    const { active } = this.#channels;
    return Math.max(...active.map(({ connection }) => connection.transactSize(wanted)));
  }

  /** Changes the silence allowed, on all channels. */
  set timeoutMs(value: number) {
    for (const { connection } of this.#channels.all) connection.timeoutMs = value;
  }

  /**
   * Makes a negotiated connection a channel of this session ([MS-SMB2] 3.2.4.2.3, 3.2.5.3.3): the user
   * authenticates again, under the signature of the session.
   *
   * @throws {UnsupportedError} where the session has no key, or the connection agreed on other things
   * @throws {AuthenticationError} where the server refuses the binding
   * @throws {ProtocolError} where its last answer is not signed with the channel's key
   */
  async bind(connection: Connection, options: { readonly signal?: AbortSignal }): Promise<Channel> {
    const security = await bindConnection(connection, {
      ...this.#options,
      ...{ first: this.connection, security: this.#security, signal: options.signal },
    });
    if (this.isClosed) throw new TransportClosedError("The session has ended in the meantime");
    const channel = new Channel(connection, security);
    this.#channels.add(channel);
    return channel;
  }

  /** Ends all channels because of what the server did. */
  abort(reason: Error): void {
    for (const { connection } of [...this.#channels.all]) connection.abort(reason);
  }

  /** Closes all channels but the one on `kept`. Never rejects. */
  async close(kept?: Connection): Promise<void> {
    const others = this.#channels.all.filter(({ connection }) => connection !== kept);
    await Promise.all(others.map(({ connection }) => connection.close()));
  }

  /**
   * Sends one request and decodes its response. An expired session is authenticated anew and the
   * request repeated, once; a server that has no room for it now is asked again for two seconds.
   *
   * @throws {NtStatusError} where the server answers with a status that `accept` does not name
   */
  async request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R>> {
    const { clock } = this.connection;
    const result = await whileBusy(clock, spec.signal, () => this.#request(spec));
    if (result instanceof NtStatusError) throw result;
    return result;
  }

  async #request<Q, R>(spec: RequestSpec<Q, R>): Promise<Reply<R> | NtStatusError> {
    let [answer] = await this.#send([spec], spec);
    if (answer === undefined) throw new ProtocolError("A request was not answered");
    if (isExpired(answer)) {
      answer.placed?.release();
      await this.#reauthenticate();
      [answer = answer] = await this.#send([spec], spec);
    }
    return this.#decode(answer, spec);
  }

  /**
   * Sends a related compound in one frame. Where a message needs the FileId of the CREATE before it,
   * it gives sixteen bytes of 0xFF ([MS-SMB2] 3.2.4.1.4). A server that grants too few credits for
   * one frame gets the messages one by one, and one that turns a member away gets that alone, unless
   * `isWhole`. Over several channels, messages of which nobody could tell what came of them should the
   * channel of their frame die go one by one as well.
   *
   * @returns for each message its reply, or the status it failed with
   */
  async compound(
    specs: readonly AnyRequestSpec[],
    options: CompoundOptions = {},
  ): Promise<readonly Result[]> {
    const { signal } = options;
    const alone: SendAlone = (spec) => this.request({ ...spec, signal });
    const isBetterApart = this.isMultichannel && isRepeatableOnlyApart(specs);
    if (isBetterApart || !this.canSendAtOnce(specs)) return sendOneByOne(specs, alone);
    const results = await this.#compound(specs, signal);
    return options.isWhole === true ? results : askAgain(specs, results, alone);
  }

  /** Whether `specs` can leave as one frame, so that they arrive together or not at all. */
  canSendAtOnce(specs: readonly AnyRequestSpec[]): boolean {
    if (isFlushFollowed(specs)) return false;
    return this.#channels.active.some((channel) => channel.canSendAtOnce(specs));
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
    for (const { connection } of this.#channels.all) connection.detach(this.sessionId);
  }

  async #compound(
    specs: readonly AnyRequestSpec[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Result[]> {
    const encrypt = specs.some((spec) => spec.encrypt === true);
    let answers: readonly Answer[];
    try {
      answers = await this.#send(specs, { encrypt, related: true, signal });
    } catch (error) {
      if (!(error instanceof LostCompound)) throw error;
      return sendOneByOne(specs, (spec) => this.request({ ...spec, signal, isReplay: true }));
    }
    if (answers.some(isExpired)) {
      await this.#reauthenticate();
      answers = await this.#send(specs, { encrypt, related: true, signal });
    }
    return answers.map((answer, index) => {
      const spec = specs[index];
      if (spec === undefined) throw new ProtocolError("A compound got more replies than requests");
      return this.#decode(answer, spec);
    });
  }

  #send(specs: readonly AnyRequestSpec[], options: DispatchOptions): Promise<readonly Answer[]> {
    for (const spec of specs) this.#refuseAfterLogoff(spec);
    return this.#dispatcher.dispatch(specs, options);
  }

  /** The server would only say the same, or hang up where the session was encrypted. */
  #refuseAfterLogoff(spec: AnyRequestSpec): void {
    if (!this.#isLoggedOff) return;
    const { path } = spec;
    throw new NtStatusError(NtStatus.USER_SESSION_DELETED, { command: commandOf(spec), path });
  }

  #decode<R>(answer: Answer, spec: RequestSpec<unknown, R>): Reply<R> | NtStatusError {
    const { raw, channel, placed } = answer;
    const { status } = raw.header;
    if (status !== NtStatus.SUCCESS && spec.accept?.includes(status) !== true) {
      raw.release();
      placed?.release();
      return new NtStatusError(status, {
        command: commandOf(spec),
        path: spec.path,
        wasRepeated: answer.isOfReplay,
        mayBeDamage: answer.mayBeDamage,
      });
    }
    try {
      const reply = decodeReply(raw, spec.response);
      return placed?.complete(reply) ?? reply;
    } catch (error) {
      const isServersFault = error instanceof WireFormatError || error instanceof ProtocolError;
      if (isServersFault) channel.connection.abort(error);
      throw error;
    }
  }

  #chunkSize(encrypt: boolean): number {
    const { active, idle } = this.#channels;
    const wanted = Math.max(...active.map((channel) => channel.chunkSize(encrypt)));
    // What is under way goes over these should the others die.
    return Math.min(wanted, ...idle.map(({ connection }) => connection.fallbackChunkSize));
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
      const { connection, security } = this.#channels.first;
      const setup = await exchangeSessionSetup(connection, spnego, {
        securityMode: securityModeOf(connection, this.#options.protection),
        user: this.#options.user,
        existing: this.#security,
      });
      verifyFinal(setup.finalReply, security, connection.dialect);
      refuseUnwantedGuest(!this.isAnonymous && hasNoUser(setup), this.#options);
    } finally {
      spnego.wipe();
    }
  }
}

function isExpired({ raw }: Answer): boolean {
  return raw.header.status === NtStatus.NETWORK_SESSION_EXPIRED;
}
