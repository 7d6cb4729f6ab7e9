import { NTLMSSP_OID } from "../../src/core/auth/ntlmssp/mechanism.ts";
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeNegTokenResp,
  NegState,
} from "../../src/core/auth/spnego-tokens.ts";
import { protocolIdOf, splitFrame } from "../../src/core/connection/inbound-frame.ts";
import { MessageSecurity } from "../../src/core/connection/message-security.ts";
import { initialPreauthHash, preauthUpdate } from "../../src/core/crypto/preauth-hash.ts";
import type { Signer } from "../../src/core/crypto/signing.ts";
import { deriveSealingKeys, deriveSigner } from "../../src/core/session/keys.ts";
import { decodeBody, encodeBody } from "../../src/core/smb2/codec.ts";
import {
  type CipherId,
  Command,
  Dialect,
  HeaderFlags,
  SessionFlags,
  SessionSetupFlags,
  SigningAlgorithmId,
} from "../../src/core/smb2/constants.ts";
import { ErrorResponse } from "../../src/core/smb2/error-response.ts";
import {
  encodeHeader,
  ProtocolId,
  SIGNATURE_OFFSET,
  type Smb2Header,
} from "../../src/core/smb2/header.ts";
import type { NegotiateRequest } from "../../src/core/smb2/negotiate.ts";
import type { NegotiateContext } from "../../src/core/smb2/negotiate-contexts.ts";
import { codecs } from "../../src/core/smb2/registry.ts";
import type { SessionSetupRequest } from "../../src/core/smb2/session-setup.ts";
import type { Transport, TransportFactory } from "../../src/core/transport.ts";
import { Writer } from "../../src/core/wire/writer.ts";
import { memoryTransport } from "../../src/transports/memory/memory-transport.ts";
import { FakeNtlmServer, type FakeNtlmServerOptions } from "./fake-ntlm-server.ts";

/** What a handler says of its response; what it leaves out is as a good server would have it. */
export interface FakeReply {
  readonly status?: number;
  /** The response's fields; an ERROR response is sent without. */
  readonly body?: unknown;
  readonly flags?: number;
  readonly asyncId?: bigint;
  readonly credits?: number;
  readonly messageId?: number;
  readonly treeId?: number;
  readonly sessionId?: bigint;
  /** Leave the message unsigned although the session signs. */
  readonly unsigned?: boolean;
  /** Leave the answer to an encrypted request in the clear (and signed). */
  readonly unencrypted?: boolean;
  /** Changes the bytes after they were signed. */
  readonly tamper?: (message: Uint8Array) => Uint8Array;
}

/** One request as the fake server got it. */
export interface FakeRequest {
  readonly header: Smb2Header;
  readonly message: Uint8Array;
  /** The decoded request; a handler knows which message it is. */
  readonly body: unknown;
  /** Which connection it came over: 0 for the first one. */
  readonly connection: number;
  readonly isEncrypted: boolean;
  reply(reply: FakeReply): void;
}

export type FakeHandler = (request: FakeRequest) => void;

export interface FakeServerOptions {
  readonly dialect?: number;
  readonly password?: string;
  /** How its side of NTLM differs from a good server's. */
  readonly ntlm?: FakeNtlmServerOptions;
  /** Credits granted with every response that says nothing else. */
  readonly credits?: number;
  readonly maxReadSize?: number;
  readonly sessionFlags?: number;
  /** SessionId of the first answer to a SESSION_SETUP; the last one names the real session. */
  readonly firstSessionId?: bigint;
  /** The last answer to a SESSION_SETUP is not signed. */
  readonly leavesLogonUnsigned?: boolean;
  readonly negotiateContexts?: readonly NegotiateContext[];
  readonly capabilities?: number;
  /** Agrees on this cipher; encrypted requests are then answered encrypted. */
  readonly cipher?: CipherId;
  /** Ways to protect data that go by RDMA, for who offers any. */
  readonly rdmaTransforms?: readonly number[];
  /** The server's clock in NEGOTIATE, as a FILETIME. */
  readonly systemTime?: bigint;
  /** Changes each message before the server protects it: what a hostile server would send. */
  readonly forge?: (message: Uint8Array) => Uint8Array;
  /** What is sent instead of each protected message: what somebody on the path would make of it. */
  readonly meddle?: (frame: Uint8Array) => readonly Uint8Array[];
}

const SESSION_ID = 0x1122_3344_5566_7788n;
const ACCESS_DENIED = 0xc000_0022;
const NOT_SUPPORTED = 0xc000_00bb;
const LOGON_FAILURE = 0xc000_006d;
const MORE_PROCESSING_REQUIRED = 0xc000_0016;

/** One connection as the server sees it: a channel has its own hash and signing key. */
class FakeConnection {
  readonly wire: Transport;
  readonly index: number;
  signer: Signer | undefined;
  /** What signs until the channel has a key of its own: the session's. */
  bindingSigner: Signer | undefined;
  preauthHash: Uint8Array = initialPreauthHash();
  /** The hash of NEGOTIATE alone: each authentication begins with it anew. */
  negotiateHash: Uint8Array = initialPreauthHash();

  constructor(wire: Transport, index: number) {
    this.wire = wire;
    this.index = index;
  }
}

/**
 * A server in this process, for what no real one does: it logs users on and signs like a good
 * server, and does with everything else what a test's handlers say.
 */
export class FakeServer {
  readonly requests: FakeRequest[] = [];
  /** The client has closed the wire. */
  hasClientLeft = false;
  readonly serverGuid: Uint8Array = new Uint8Array(16).fill(0x5e);
  readonly #options: FakeServerOptions;
  readonly #handlers = new Map<number, FakeHandler>();
  readonly #ntlm: FakeNtlmServer;
  readonly #connections: FakeConnection[] = [];
  /** Of the session: all its channels encrypt with the same keys. */
  #sealing: MessageSecurity | undefined;

  constructor(options: FakeServerOptions = {}) {
    this.#options = options;
    this.#ntlm = new FakeNtlmServer({
      password: options.password ?? "secret",
      timestamp: 0x01da_0000_0000_0000n,
      ...options.ntlm,
    });
    this.on(Command.NEGOTIATE, (request) => this.#negotiate(request));
    this.on(Command.SESSION_SETUP, (request) => this.#sessionSetup(request));
    this.on(Command.TREE_CONNECT, ({ reply }) =>
      reply({
        treeId: 7,
        body: { shareType: 1, shareFlags: 0, capabilities: 0, maximalAccess: 0x1f_01ff },
      }),
    );
    this.on(Command.CANCEL, () => {});
    for (const command of [Command.LOGOFF, Command.TREE_DISCONNECT, Command.ECHO]) {
      this.on(command, ({ reply }) => reply({ body: {} }));
    }
  }

  get dialect(): number {
    return this.#options.dialect ?? Dialect.SMB_3_1_1;
  }

  /** A wire whose every connection leads here. */
  factory(): TransportFactory {
    return memoryTransport((wire) => this.accept(wire));
  }

  /** Handles `command` from now on; a later handler replaces an earlier one. */
  on(command: number, handler: FakeHandler): this {
    this.#handlers.set(command, handler);
    return this;
  }

  /** Requests of `command` so far. */
  requestsOf(command: number): FakeRequest[] {
    return this.requests.filter(({ header }) => header.command === command);
  }

  /** The server's side of the session's keys; of its first connection, as far as it signs. */
  get security(): MessageSecurity | undefined {
    return this.#sealing;
  }

  /** The same of one connection, which signs with a key of its own. */
  securityOf(connection: number): MessageSecurity | undefined {
    const signer = this.#connections[connection]?.signer;
    return signer === undefined ? undefined : this.#sealing?.forChannel(signer);
  }

  /** Encrypts a frame as the server of this session would. */
  seal(frame: Uint8Array): Uint8Array {
    const parts = this.#sealing?.seal([frame]) ?? [];
    return new Uint8Array(Buffer.concat(parts));
  }

  /** How many connections there have been. */
  get connectionCount(): number {
    return this.#connections.length;
  }

  /** Sends bytes as they are, over the newest connection where not said otherwise. */
  sendRaw(bytes: Uint8Array, connection: number = this.#connections.length - 1): void {
    this.#connections[connection]?.wire.send([bytes]).catch(() => {});
  }

  /** Hangs up. */
  async disconnect(connection: number = this.#connections.length - 1): Promise<void> {
    await this.#connections[connection]?.wire.close();
  }

  /** Serves this wire. */
  accept(wire: Transport): void {
    const connection = new FakeConnection(wire, this.#connections.length);
    this.#connections.push(connection);
    wire.start({
      allocate: (length) => new Uint8Array(length),
      message: (frame) => {
        const isEncrypted = protocolIdOf(frame) === ProtocolId.TRANSFORM;
        const plain = isEncrypted && this.#sealing ? this.#sealing.open(frame) : frame;
        for (const { header, message } of splitFrame(plain))
          this.#handle(connection, { header, message, isEncrypted });
      },
      closed: () => {
        this.hasClientLeft = true;
      },
    });
  }

  #handle(
    connection: FakeConnection,
    received: {
      readonly header: Smb2Header;
      readonly message: Uint8Array;
      readonly isEncrypted: boolean;
    },
  ): void {
    const { header, message, isEncrypted } = received;
    const codec = codecs.get(header.command)?.request;
    const request: FakeRequest = {
      header,
      message,
      body: codec === undefined ? undefined : decodeBody(message, codec),
      connection: connection.index,
      isEncrypted,
      reply: (reply) => this.#reply(connection, header, reply, isEncrypted),
    };
    this.requests.push(request);
    const handler = this.#handlers.get(header.command);
    if (handler === undefined) request.reply({ status: NOT_SUPPORTED });
    else handler(request);
  }

  #reply(
    connection: FakeConnection,
    to: Smb2Header,
    reply: FakeReply,
    isEncrypted = false,
  ): Uint8Array {
    const sealing = isEncrypted && reply.unencrypted !== true ? this.#sealing : undefined;
    const signer = connection.signer ?? connection.bindingSigner;
    const isSigned = signer !== undefined && sealing === undefined && reply.unsigned !== true;
    const { forge, meddle } = this.#options;
    const good = this.#encode(to, reply, isSigned);
    const message = forge?.(good) ?? good;
    if (isSigned && message.length >= 64) {
      const role = { fromServer: true, isCancel: false };
      const messageId = reply.messageId ?? to.messageId;
      message.fill(0, SIGNATURE_OFFSET, SIGNATURE_OFFSET + 16);
      message.set(signer.sign([message], messageId, role), SIGNATURE_OFFSET);
    }
    const sent = reply.tamper?.(message) ?? message;
    const frame = sealing === undefined ? sent : this.seal(sent);
    for (const each of meddle?.(frame) ?? [frame]) this.sendRaw(each, connection.index);
    return sent;
  }

  #encode(to: Smb2Header, reply: FakeReply, isSigned: boolean): Uint8Array {
    const flags = HeaderFlags.SERVER_TO_REDIR | (reply.flags ?? 0);
    const w = new Writer(256);
    encodeHeader(w, {
      creditCharge: to.creditCharge,
      status: reply.status ?? 0,
      command: to.command,
      credits: reply.credits ?? this.#options.credits ?? Math.max(1, to.credits),
      flags: isSigned ? flags | HeaderFlags.SIGNED : flags,
      nextCommand: 0,
      messageId: reply.messageId ?? to.messageId,
      asyncId: reply.asyncId ?? 0n,
      treeId: reply.treeId ?? to.treeId,
      sessionId: reply.sessionId ?? to.sessionId,
    });
    if (reply.body === undefined)
      encodeBody(w, ErrorResponse, { errorContexts: [], errorData: new Uint8Array(0) });
    else this.#encodeResponse(w, to.command, reply.body);
    return w.finish().slice();
  }

  #encodeResponse(w: Writer, command: number, body: unknown): void {
    const codec = codecs.get(command)?.response;
    if (codec === undefined) throw new Error(`No codec for command ${command}`);
    encodeBody(w, codec, body);
  }

  #negotiate(request: FakeRequest): void {
    const { header, message } = request;
    const { dialect } = this;
    const connection = this.#connectionOf(request);
    connection.preauthHash = preauthUpdate(initialPreauthHash(), [message]);
    const contexts: NegotiateContext[] = [
      { kind: "preauth-integrity", hashAlgorithms: [1], salt: new Uint8Array(32) },
      { kind: "signing", signingAlgorithms: [SigningAlgorithmId.AES_GMAC] },
    ];
    const { cipher } = this.#options;
    if (cipher !== undefined) contexts.push({ kind: "encryption", ciphers: [cipher] });
    const { rdmaTransforms: rdmaTransformIds } = this.#options;
    const { negotiateContexts } = request.body as NegotiateRequest;
    const isAsked = negotiateContexts.some(({ kind }) => kind === "rdma-transform");
    if (rdmaTransformIds && isAsked) contexts.push({ kind: "rdma-transform", rdmaTransformIds });
    const sent = this.#reply(connection, header, {
      body: {
        securityMode: 1,
        dialectRevision: dialect,
        serverGuid: this.serverGuid,
        capabilities: this.#options.capabilities ?? 4,
        maxTransactSize: this.#options.maxReadSize ?? 1 << 20,
        maxReadSize: this.#options.maxReadSize ?? 1 << 20,
        maxWriteSize: this.#options.maxReadSize ?? 1 << 20,
        systemTime: this.#options.systemTime ?? 0n,
        serverStartTime: 0n,
        securityBuffer: new Uint8Array(0),
        negotiateContexts: this.#options.negotiateContexts ?? contexts,
      },
    });
    connection.negotiateHash = preauthUpdate(connection.preauthHash, [sent]);
  }

  #connectionOf({ connection }: FakeRequest): FakeConnection {
    return this.#connections[connection] as FakeConnection;
  }

  #sessionSetup(request: FakeRequest): void {
    const { header, message } = request;
    const { securityBuffer: received, flags } = request.body as SessionSetupRequest;
    const connection = this.#connectionOf(request);
    const isFirst = received[0] === 0x60;
    const token = tokenOf(received, isFirst);
    if ((flags & SessionSetupFlags.BINDING) !== 0) {
      connection.bindingSigner = this.#connections[0]?.signer;
      if (!isSignedBy(connection.bindingSigner, request)) {
        this.#reply(connection, header, { status: ACCESS_DENIED });
        return;
      }
    }
    const isNew = connection.signer === undefined;
    if (isFirst && isNew) connection.preauthHash = connection.negotiateHash;
    if (isNew) connection.preauthHash = preauthUpdate(connection.preauthHash, [message]);
    if (isFirst) {
      const securityBuffer = encodeNegTokenResp({
        negState: NegState.ACCEPT_INCOMPLETE,
        supportedMech: NTLMSSP_OID,
        responseToken: this.#ntlm.challenge(token),
      });
      const sent = this.#reply(connection, header, {
        status: MORE_PROCESSING_REQUIRED,
        sessionId: this.#options.firstSessionId ?? SESSION_ID,
        body: { sessionFlags: 0, securityBuffer },
      });
      if (isNew) connection.preauthHash = preauthUpdate(connection.preauthHash, [sent]);
      return;
    }
    const verdict = this.#ntlm.authenticate(token);
    if (!verdict.isAccepted) {
      this.#reply(connection, header, { status: LOGON_FAILURE });
      return;
    }
    const sessionFlags = this.#options.sessionFlags ?? 0;
    const hasKey = !verdict.isAnonymous && (sessionFlags & SessionFlags.IS_GUEST) === 0;
    if (hasKey) connection.signer ??= this.#deriveSigner(connection, verdict.sessionKey);
    const securityBuffer = encodeNegTokenResp({ negState: NegState.ACCEPT_COMPLETED });
    this.#reply(connection, header, {
      sessionId: SESSION_ID,
      unsigned: this.#options.leavesLogonUnsigned === true,
      body: { sessionFlags, securityBuffer },
    });
  }

  #deriveSigner(connection: FakeConnection, sessionKey: Uint8Array): Signer {
    const has311 = this.dialect === Dialect.SMB_3_1_1;
    const signingAlgorithm =
      this.dialect < Dialect.SMB_3_0
        ? SigningAlgorithmId.HMAC_SHA256
        : has311
          ? SigningAlgorithmId.AES_GMAC
          : SigningAlgorithmId.AES_CMAC;
    const { cipher } = this.#options;
    const negotiated = { dialect: this.dialect, signingAlgorithm, cipher } as Parameters<
      typeof deriveSigner
    >[0];
    const material = { sessionKey, preauthHash: has311 ? connection.preauthHash : undefined };
    const keys = deriveSealingKeys(negotiated, material);
    const signer = deriveSigner(negotiated, material);
    this.#sealing ??= new MessageSecurity({
      sessionId: SESSION_ID,
      signer,
      sealing: keys && { outgoing: keys.incoming, incoming: keys.outgoing },
      signingRequired: false,
      encryptionRequired: false,
    });
    return signer;
  }
}

function isSignedBy(signer: Signer | undefined, { header, message }: FakeRequest): boolean {
  const unsigned = message.slice();
  unsigned.fill(0, SIGNATURE_OFFSET, SIGNATURE_OFFSET + 16);
  const role = { fromServer: false, isCancel: false };
  const expected = signer?.sign([unsigned], header.messageId, role);
  const signature = message.subarray(SIGNATURE_OFFSET, SIGNATURE_OFFSET + 16);
  return expected?.every((byte, index) => byte === signature[index]) === true;
}

function tokenOf(securityBuffer: Uint8Array, isFirst: boolean): Uint8Array {
  const token = isFirst
    ? decodeNegTokenInit(securityBuffer).mechToken
    : decodeNegTokenResp(securityBuffer).responseToken;
  if (token === undefined) throw new Error("The client sent no NTLM token");
  return token;
}
