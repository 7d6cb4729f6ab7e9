import { type Clock, systemClock } from "./clock.ts";
import type { Connection } from "./connection/connection.ts";
import type { TraceListener } from "./connection/trace.ts";
import type { DialAttempt } from "./dial-error.ts";
import type { TransportChoice } from "./dialer.ts";
import { type Credentials, logOn, refuseNamelessPassword } from "./log-on.ts";
import type { ChannelReport } from "./multichannel/channel-report.ts";
import { Multichannel, type MultichannelState } from "./multichannel/multichannel.ts";
import type { MultichannelOptions } from "./multichannel/options.ts";
import { reachServer } from "./reach-server.ts";
import type { ServerInfo, ShareInfo } from "./rpc/interfaces/srvsvc.ts";
import type { Session } from "./session/session.ts";
import type { Protection } from "./session/session-protection.ts";
import type { CipherId, Dialect, SigningAlgorithmId } from "./smb2/constants.ts";
import { type DialTarget, serverNameOf, type TransportFactory } from "./transport.ts";
import { Tree } from "./tree/tree.ts";

/** Silence after which a server counts as gone; smbclient's default too. */
const DEFAULT_TIMEOUT_MS = 20_000;

export interface ClientOptions {
  /** The wires there are, and in which order to try which. */
  readonly transports: readonly TransportFactory[];
  readonly order: readonly TransportChoice[];
  readonly credentials: Credentials;
  readonly minDialect?: Dialect | undefined;
  readonly maxDialect?: Dialect | undefined;
  /**
   * `auto` (the default) signs everything, except for guests and anonymous users, who have no key;
   * `sign` and `encrypt` refuse a session without one; `off` signs only where the server insists.
   */
  readonly protection?: Protection | undefined;
  /**
   * False: over QUIC with a fully verified certificate, signing and encryption are left to TLS where
   * the server agrees, whatever `protection` says. By default SMB protects itself over QUIC too.
   */
  readonly encryptsOverQuic?: boolean | undefined;
  readonly ciphers?: readonly CipherId[] | undefined;
  readonly signingAlgorithms?: readonly SigningAlgorithmId[] | undefined;
  /** Silence after which the server counts as gone, in milliseconds; 20 000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How long one address may take to connect, in milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** Our name in NTLM messages. */
  readonly workstation?: string | undefined;
  readonly clientGuid?: Uint8Array | undefined;
  /** Lets the session have several connections (SMB 3); without it there is only the first one. */
  readonly multichannel?: MultichannelOptions | undefined;
  readonly clock?: Clock | undefined;
  readonly trace?: TraceListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told how the server was reached, or not, before the logon begins. */
  readonly onDialled?: ((attempts: readonly DialAttempt[]) => void) | undefined;
}

export interface CallerOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A session, and how its first wire was found. */
interface Opened {
  readonly session: Session;
  readonly attempts: readonly DialAttempt[];
}

/**
 * A logged-on client: one session and its connections, any number of shares.
 *
 * @example
 * ```ts
 * import { defaultTransports, SmbClient } from "smbx";
 *
 * await using client = await SmbClient.connect(
 *   { host: "nas" },
 *   {
 *     transports: defaultTransports(),
 *     order: [{ kind: "tcp" }],
 *     credentials: { kind: "password", username: "anna", domain: "", password: "secret" },
 *   },
 * );
 * const tree = await client.connectTree("photos");
 * for await (const batch of tree.list("")) for (const entry of batch) console.log(entry.name);
 * ```
 */
export class SmbClient implements AsyncDisposable {
  readonly target: DialTarget;
  readonly #options: ClientOptions;
  readonly #trees = new Set<Tree>();
  #attempts: readonly DialAttempt[];
  #session: Session;
  #multichannel: Multichannel | undefined;

  private constructor(target: DialTarget, options: ClientOptions, opened: Opened) {
    this.target = target;
    this.#options = options;
    this.#attempts = opened.attempts;
    this.#session = opened.session;
    this.#multichannel = this.#startMultichannel();
  }

  /**
   * Dials, negotiates and logs on.
   *
   * @throws {DialError} where no wire reaches the server, with every attempt
   * @throws {AuthenticationError} where the server refuses the user, where a password has no user name,
   *   and where signing or encryption is demanded of a session without a key
   * @throws {UnsupportedError} where the two have no dialect or cipher in common
   */
  static async connect(target: DialTarget, options: ClientOptions): Promise<SmbClient> {
    return new SmbClient(target, options, await open(target, options));
  }

  /** How the wire was found: every attempt with its time and outcome. */
  get attempts(): readonly DialAttempt[] {
    return this.#attempts;
  }

  get session(): Session {
    return this.#session;
  }

  /** The connection that control requests take: the oldest channel that works. */
  get connection(): Connection {
    return this.#session.connection;
  }

  get timeoutMs(): number {
    return this.connection.timeoutMs;
  }

  /** Changes the silence allowed, for requests under way too. */
  set timeoutMs(value: number) {
    this.#session.timeoutMs = value;
  }

  /** Why the session has one connection or several; undefined where it is to have only one. */
  get multichannel(): MultichannelState | undefined {
    return this.#multichannel?.state;
  }

  /** The connections of the session, what they lead to and what they have moved. */
  async channels(): Promise<readonly ChannelReport[]> {
    const { reportChannels } = await import("./multichannel/channel-report.ts");
    return reportChannels(this.#session.channels, this.#multichannel?.state);
  }

  /**
   * Opens the further connections that the interfaces of both sides suggest, or that were asked for,
   * without waiting until they pay. Never rejects: `multichannel` tells what came of it.
   */
  async openChannels(): Promise<void> {
    await this.#multichannel?.establish();
  }

  /** Connects to a share by its name. */
  async connectTree(share: string, options: CallerOptions = {}): Promise<Tree> {
    const tree = await Tree.connect(
      this.#session,
      `\\\\${serverNameOf(this.target)}\\${share}`,
      options,
    );
    this.#trees.add(tree);
    return tree;
  }

  /** Disconnects from a share. */
  async disconnectTree(tree: Tree, options: CallerOptions = {}): Promise<void> {
    this.#trees.delete(tree);
    await tree.disconnect(options);
  }

  /** The shares that the server tells this user about ([MS-SRVS] 3.1.4.8). */
  async listShares(options: CallerOptions = {}): Promise<readonly ShareInfo[]> {
    // Loaded when it is needed: most runs never speak RPC, and each file costs start-up time.
    const service = await import("./server-service.ts");
    return service.listShares(this, options);
  }

  /** Name, version and comment of the server ([MS-SRVS] 3.1.4.17). */
  async serverInfo(options: CallerOptions = {}): Promise<ServerInfo> {
    const service = await import("./server-service.ts");
    return service.serverInfo(this, options);
  }

  /**
   * Replaces the session by one of another user, over a connection of its own: ksmbd ends all sessions
   * of a connection with one. Shares connected before belong to the old session and are gone. Where the
   * new logon fails, nothing has changed.
   */
  async logon(credentials: Credentials, options: CallerOptions = {}): Promise<void> {
    const { signal } = options;
    const { timeoutMs } = this;
    const { session, attempts } = await open(this.target, {
      ...this.#options,
      ...{ credentials, signal, timeoutMs },
    });
    const old = this.#session;
    this.#session = session;
    this.#attempts = attempts;
    this.#multichannel?.stop();
    this.#multichannel = this.#startMultichannel();
    this.#trees.clear();
    if (!old.isClosed) await old.logoff(signal).catch(() => {});
    await old.close();
  }

  /** Disconnects from the shares, logs off and closes the wire. Never rejects. */
  async close(): Promise<void> {
    this.#multichannel?.stop();
    if (!this.#session.isClosed) {
      // One after the other, but in one round trip: a server takes them in the order they were sent.
      const leaving = [...this.#trees].map((tree) => tree.disconnect());
      await Promise.allSettled([...leaving, this.#session.logoff()]);
    }
    await this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startMultichannel(): Multichannel | undefined {
    const { multichannel, transports, trace } = this.#options;
    const isWanted = multichannel !== undefined && multichannel.connections !== 1;
    if (!isWanted) return undefined;
    const { clock } = this.connection;
    const settings = { target: this.target, transports, clock, trace };
    const made = new Multichannel(this.#session, settings, multichannel);
    made.start();
    return made;
  }
}

/** Dials, negotiates and logs on. */
async function open(target: DialTarget, options: ClientOptions): Promise<Opened> {
  refuseNamelessPassword(options.credentials);
  const { link: connection, attempts } = await reachServer(target, {
    ...options,
    clock: options.clock ?? systemClock,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    requireSigning: options.protection !== "off",
    isMultichannel: options.multichannel !== undefined,
  });
  try {
    return { session: await logOn(connection, serverNameOf(target), options), attempts };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
