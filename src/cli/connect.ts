import {
  AuthenticationError,
  type ClientOptions,
  type Credentials,
  type DialAttempt,
  DialError,
  DialFailure,
  type DialTarget,
  defaultOrder,
  type MultichannelOptions,
  NtStatusError,
  parseTransportOrder,
  SmbClient,
  TimeoutError,
  type TransportChoice,
  TransportClosedError,
  type TransportFactory,
  type TransportKind,
  type Tree,
  UnsupportedError,
} from "../core/index.ts";
import { localInterfaces } from "../transports/index.ts";
import { statedTreeFailure } from "./commands/tree-failure.ts";
import type { ClientConfig } from "./config/client-config.ts";
import { lookUpLmhosts } from "./config/lmhosts.ts";
import { explainConnection, explainDialling, explainShare } from "./explain.ts";
import { StatedFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { DebugLevel, type Log } from "./log.ts";
import type { Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { quicHints } from "./quic-hints.ts";
import { printable } from "./render/printable.ts";
import type { RemoteLocation } from "./url.ts";
import { UsageError } from "./usage-error.ts";

/** What every connection of a run has in common. */
export interface ConnectSettings {
  readonly io: Io;
  readonly personality: Personality;
  readonly options: Options;
  readonly config: ClientConfig;
  readonly log: Log;
  /** The wires there are, recorded where a capture is wanted. */
  readonly transports: readonly TransportFactory[];
  readonly signal: AbortSignal;
}

/** How long a server may be silent when nothing was said, in seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 20;

/**
 * Connects to the server of `location` and logs on.
 *
 * @throws {StatedFailure} in smbclient's words, with what happened as its cause
 * @throws {UsageError} for options that cannot be met
 */
export async function connectClient(
  settings: ConnectSettings,
  location: Pick<RemoteLocation, "host" | "port">,
  credentials: Credentials,
): Promise<SmbClient> {
  const target = dialTarget(settings, location);
  const impossible = checkProtocols(settings);
  if (impossible !== undefined) throw negotiationFailure(settings, target.host, impossible);
  const options = await clientOptions(settings, location, credentials);
  try {
    const client = await SmbClient.connect(target, options);
    client.timeoutMs = operationTimeoutMs(settings.options);
    warnOfUnverified(settings, client);
    tellStory(settings, explainConnection(client));
    if (settings.options.explain) await explainChannels(settings, client);
    return client;
  } catch (error) {
    throw statedConnectFailure(error, settings, target.host);
  }
}

/** Who asks for an explanation wants to know now what a transfer would use. */
async function explainChannels(
  { io, personality }: ConnectSettings,
  client: SmbClient,
): Promise<void> {
  if (!personality.hasExtensions) return;
  await client.openChannels();
  const { formatVerdicts } = await import("./render/channels.ts");
  io.err(formatVerdicts(client.multichannel, io.columns));
}

/**
 * Connects to a share.
 *
 * @throws {StatedFailure} in smbclient's words
 */
export async function connectShare(
  settings: Pick<ConnectSettings, "io" | "options" | "log" | "signal">,
  client: SmbClient,
  share: string,
): Promise<Tree> {
  const { signal } = settings;
  try {
    const tree = await client.connectTree(share, { signal });
    tellStory(settings, explainShare(tree));
    return tree;
  } catch (error) {
    throw statedTreeFailure(error, client, "tree connect failed");
  }
}

/** Told each time: it is easily forgotten in a configuration. */
function warnOfUnverified({ io, personality }: ConnectSettings, client: SmbClient): void {
  const { security } = client.connection.transport;
  if (security?.verification !== "none" || !personality.explainsErrors) return;
  const host = printable(client.target.host);
  io.err(
    `${personality.program}: warning: the certificate of ${host} was not checked; anybody on the way could pass for it\n`,
  );
}

/** Another transport took over from one that could not show who the server is, or who we are. */
function warnOfRefused(
  { io, personality }: ConnectSettings,
  attempts: readonly DialAttempt[],
): void {
  const used = attempts.find(({ outcome }) => outcome === "connected");
  if (used === undefined) return;
  for (const { kind, address, error } of attempts) {
    if (!(error instanceof DialFailure) || !REFUSALS.has(error.reason)) continue;
    const story = printable(`${address}: ${error.words}; connected over ${used.kind} instead`);
    io.err(`${personality.program}: warning: ${kind} was refused: ${story}\n`);
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["certificate", "identity", "configuration"]);

function tellStory(
  { options, io, log }: Pick<ConnectSettings, "io" | "options" | "log">,
  story: string,
): void {
  if (options.explain) io.err(story);
  else log.tell(DebugLevel.STORY, story);
}

/** Where a server is, by `-I` and lmhosts too. */
export function dialTarget(
  { options, config }: Pick<ConnectSettings, "options" | "config">,
  { host }: Pick<RemoteLocation, "host">,
): DialTarget {
  const usesLmhosts = config.resolveOrder.includes("lmhosts");
  const address = options.address ?? (usesLmhosts ? lookUpLmhosts(host) : undefined);
  return {
    host,
    ...(address === undefined ? {} : { address }),
    ...(config.netbiosName === undefined ? {} : { netbiosName: config.netbiosName }),
  };
}

async function clientOptions(
  settings: ConnectSettings,
  { port }: Pick<RemoteLocation, "port">,
  credentials: Credentials,
): Promise<ClientOptions> {
  const { options, config, personality, log, signal } = settings;
  const { minProtocol, maxProtocol } = config;
  const order = transportOrder(options, config, port);
  return {
    transports: settings.transports,
    order,
    credentials,
    minDialect: minProtocol.dialect,
    maxDialect: maxProtocol.dialect,
    protection: demandedProtection(settings) ?? personality.defaultProtection,
    ciphers: config.ciphers,
    signingAlgorithms: config.signingAlgorithms,
    timeoutMs: negotiationTimeoutMs(settings),
    connectTimeoutMs: connectTimeoutMs(settings),
    workstation: config.netbiosName,
    encryptsOverQuic: options.quic?.smbEncryption ?? config.encryptsOverQuic,
    multichannel: multichannelOptions(settings, order),
    trace: await log.traceListener(),
    signal,
    onDialled: (attempts) => {
      warnOfRefused(settings, attempts);
      tellStory(settings, explainDialling(attempts, settings.transports));
    },
  };
}

/** What was said about protection; "sign" and "encrypt" are not to be had without a key. */
export function demandedProtection({
  options,
  config,
}: Pick<ConnectSettings, "options" | "config">): ClientConfig["protection"] {
  return options.protection ?? config.protection;
}

/** smbclient has one connection, always. */
function multichannelOptions(
  { options, personality }: ConnectSettings,
  order: readonly TransportChoice[],
): MultichannelOptions | undefined {
  const { multichannel: connections = "auto", maxChannels: maxConnections } = options;
  if (!personality.hasExtensions || connections === 1 || maxConnections === 1) return undefined;
  const allowedWires = wiresAskedFor(options, order);
  return { connections, maxConnections, allowedWires, localInterfaces };
}

/** Who names the wires on the command line wants no other one; who changes the list, all but those. */
function wiresAskedFor(
  { transports }: Options,
  order: readonly TransportChoice[],
): readonly TransportKind[] | undefined {
  if (transports === undefined) return undefined;
  const isChange = /^\s*[+-]/.test(transports);
  if (isChange && !/-smbdirect\b/i.test(transports)) return undefined;
  return order.map(({ kind }) => kind);
}

function operationTimeoutMs(options: Options): number {
  return (options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
}

/** Each transport has its own limit where none was asked for; smbclient's is always the same. */
function connectTimeoutMs({ options, personality }: ConnectSettings): number | undefined {
  const isAskedFor = personality.hasExtensions && options.timeoutSeconds !== undefined;
  return isAskedFor ? operationTimeoutMs(options) : undefined;
}

/** smbclient's `-t` is for what comes after the logon. */
function negotiationTimeoutMs({ options, personality }: ConnectSettings): number {
  return personality.hasExtensions ? operationTimeoutMs(options) : DEFAULT_TIMEOUT_SECONDS * 1000;
}

/** There is no SMB1 here, whatever is asked for. */
function checkProtocols({ config, personality }: ConnectSettings): string | undefined {
  const { minProtocol, maxProtocol } = config;
  if (maxProtocol.rank >= minProtocol.rank && maxProtocol.dialect !== undefined) return undefined;
  if (!personality.hasExtensions) return "NT_STATUS_INVALID_PARAMETER_MIX";
  throw new UsageError(
    maxProtocol.dialect === undefined
      ? `${maxProtocol.name} is SMB1, which smbx does not speak: use SMB2 or SMB3`
      : `no protocol lies between ${minProtocol.name} and ${maxProtocol.name}`,
  );
}

/**
 * The wires to try, by the command line, the URL and smb.conf.
 *
 * @throws {UsageError} for a list that makes no sense
 */
export function transportOrder(
  options: Options,
  config: ClientConfig,
  urlPort: number | undefined,
): readonly TransportChoice[] {
  const named = options.transports === undefined ? undefined : parseTransports(options, config);
  const port = options.port ?? urlPort;
  if (port === undefined) return named ?? config.transports ?? defaultOrder;
  // A port belongs to one wire: the one that is named alone, else TCP (NetBIOS for 139).
  if (named === undefined) return [{ kind: port === 139 ? "nbt" : "tcp", port }];
  const [only, ...others] = named;
  if (only === undefined || others.length > 0) {
    throw new UsageError("a port with several transports: write --transport=tcp:PORT,quic:PORT");
  }
  return [{ port, ...only }];
}

function parseTransports(
  { transports = "" }: Options,
  config: ClientConfig,
): readonly TransportChoice[] {
  try {
    return parseTransportOrder(transports, config.transports ?? defaultOrder);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--transport: ${error.message}`) : error;
  }
}

/** What smbclient would say of it; errors that it knows nothing of stay as they are. */
function statedConnectFailure(error: unknown, settings: ConnectSettings, host: string): unknown {
  if (error instanceof DialError) {
    const { negotiationFailure } = error;
    if (negotiationFailure !== undefined) {
      return statedNegotiationFailure(negotiationFailure, error, settings);
    }
    const line = `do_connect: Connection to ${host} failed (Error ${error.ntStatusName})`;
    const explanation = [error.message, ...quicHints(error)];
    return new StatedFailure(line, { cause: error, toStderr: true, explanation });
  }
  if (error instanceof AuthenticationError) {
    const { statusName = "NT_STATUS_ACCESS_DENIED" } = error;
    const hint = "--guest accepts that; guests have neither signing nor encryption";
    const explanation = error.offersGuest ? [error.message, hint] : [error.message];
    return new StatedFailure(`session setup failed: ${statusName}`, { cause: error, explanation });
  }
  if (error instanceof TimeoutError) return negotiationTimeout(settings, host, error);
  const statusName = negotiationStatus(error);
  return statusName === undefined ? error : negotiationFailure(settings, host, statusName, error);
}

/** A wire was there, but the server behind it did not answer; `cause` tells of the others too. */
function statedNegotiationFailure(
  attempt: DialAttempt,
  cause: DialError,
  settings: ConnectSettings,
): StatedFailure {
  const { host } = cause.target;
  if (attempt.error instanceof TimeoutError) return negotiationTimeout(settings, host, cause);
  const statusName = negotiationStatus(attempt.error) ?? cause.ntStatusName;
  return negotiationFailure(settings, host, statusName, cause);
}

function negotiationTimeout(settings: ConnectSettings, host: string, cause: Error): StatedFailure {
  const line = `Protocol negotiation (with timeout ${negotiationTimeoutMs(settings)} ms) timed out against server ${host}`;
  return new StatedFailure(line, { cause });
}

function negotiationStatus(error: unknown): string | undefined {
  if (error instanceof NtStatusError) return error.statusName;
  if (error instanceof TransportClosedError) {
    return error.reason === "reset"
      ? "NT_STATUS_CONNECTION_RESET"
      : "NT_STATUS_CONNECTION_DISCONNECTED";
  }
  if (!(error instanceof UnsupportedError)) return undefined;
  return negotiationStatus(error.cause) ?? "NT_STATUS_NOT_SUPPORTED";
}

function negotiationFailure(
  { config }: ConnectSettings,
  host: string,
  statusName: string,
  cause?: unknown,
): StatedFailure {
  const range = `(for a protocol between ${config.minProtocol.name} and ${config.maxProtocol.name})`;
  return new StatedFailure(
    `Protocol negotiation to server ${host} ${range} failed: ${statusName}`,
    cause === undefined ? {} : { cause },
  );
}
