import { UnsupportedError } from "../errors.ts";
import type { LocalInterface } from "../local-interface.ts";
import type { Channel } from "../session/channel.ts";
import type { Session } from "../session/session.ts";
import { Capabilities, Dialect } from "../smb2/constants.ts";
import { parseEndpoint } from "./addresses.ts";
import type { ChannelPlan, PlannedRoute } from "./channel-plan.ts";
import type { ChannelRoute, ChannelSettings } from "./open-channel.ts";
import type { MultichannelOptions } from "./options.ts";

/** As many connections as Windows has to one server at most. */
const MOST_CONNECTIONS = 32;
/** Data that a session moves before further connections pay for themselves, in bytes. */
const WORTH_BYTES = 4 * 1024 * 1024;
/** How long a further connection may take to be connected, in milliseconds. */
const CONNECT_TIMEOUT_MS = 1000;
/** How long it may take in all, in milliseconds: a slow server is none that is not there. */
const CHANNEL_TIMEOUT_MS = 5000;
/** How long the server may take to tell its interfaces, in milliseconds. */
const QUERY_TIMEOUT_MS = 5000;
/** How long SMB Direct may take for both: it registers memory first, and other wires serve meanwhile. */
const RDMA_TIMEOUT_MS = 10_000;
/** Interfaces come and go: how often to ask again, in milliseconds. */
const REFRESH_MS = 600_000;
/**
 * How long after a loss, in milliseconds: what broke one connection may be breaking others. Twice as
 * long each time where connections do not last: a server that ends them is not to be pestered.
 */
const AFTER_LOSS_MS = 1000;
/** How long a connection has to last to count as a good one, in milliseconds. */
const LASTING_MS = 60_000;
/** How often a plan is made anew at once because an address of it could not be reached. */
const MOST_PLANS = 3;

/** What is known of the further connections of a session. */
export interface MultichannelState {
  /** Why there can be only one connection; undefined where there can be more. */
  readonly impossible: string | undefined;
  /** What the server's interfaces came to; undefined before it was asked. */
  readonly plan: ChannelPlan | undefined;
  /** Why the last attempt to plan failed. */
  readonly failure: string | undefined;
  /** They are being opened, or the server is being asked for its interfaces. */
  readonly isOpening: boolean;
  /** This machine, as it was when the plan was made. */
  readonly local: readonly LocalInterface[];
}

/**
 * Gives a session more connections once they pay: asks the server for its interfaces, plans, opens
 * what is missing, and does so again after a loss and every ten minutes. It works behind everything
 * else: nobody waits for it, and what fails in it harms nobody.
 */
export class Multichannel {
  readonly #session: Session;
  readonly #settings: ChannelSettings;
  readonly #options: MultichannelOptions;
  readonly #abort = new AbortController();
  readonly #failed = { rdma: new Map<string, string>(), other: new Map<string, string>() };
  readonly #routes = new WeakMap<Channel, ChannelRoute>();
  #work: Promise<void> | undefined;
  #plan: ChannelPlan | undefined;
  #failure: string | undefined;
  #local: readonly LocalInterface[] = [];
  /** What was dialled first: where the server has been reached for sure. */
  readonly #first: ChannelRoute & { readonly port: number | undefined };
  #cancelTimer: () => void = () => {};
  #openedMs = 0;
  #afterLossMs = AFTER_LOSS_MS / 2;
  #isToReplace = false;

  constructor(session: Session, settings: ChannelSettings, options: MultichannelOptions) {
    this.#session = session;
    this.#settings = settings;
    this.#options = options;
    const { kind, remoteAddress } = session.connection.transport;
    this.#first = { kind, ...parseEndpoint(remoteAddress) };
  }

  get state(): MultichannelState {
    return {
      impossible: this.#impossible(),
      plan: this.#plan,
      failure: this.#failure,
      isOpening: this.#work !== undefined,
      local: this.#local,
    };
  }

  /** Begins when it pays, or at once where a number of connections was asked for. */
  start(): void {
    if (this.#impossible() !== undefined) return;
    this.#session.onChannelLoss = () => this.#replaceLater();
    if (this.#options.connections === "auto") {
      this.#session.callWhenBusy(WORTH_BYTES, () => void this.establish());
    } else if (this.#options.connections > 1) void this.establish();
  }

  /** Opens what is missing now. Resolves when there is nothing more to be tried; never rejects. */
  establish(): Promise<void> {
    this.#work ??= this.#establish().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  /** Opens nothing any more; what is open belongs to the session. */
  stop(): void {
    this.#abort.abort(new UnsupportedError("The client is closing"));
    this.#cancelTimer();
    this.#session.onChannelLoss = undefined;
  }

  /** Where a channel leads to. */
  routeOf({ connection }: Channel): ChannelRoute {
    const { kind, remoteAddress } = connection.transport;
    return { kind, ...parseEndpoint(remoteAddress) };
  }

  #impossible(): string | undefined {
    const { connection } = this.#session;
    const { kind } = connection.transport;
    if (connection.dialect < Dialect.SMB_3_0)
      return `SMB ${connection.dialectName} knows only one connection`;
    if (!this.#session.canSign)
      return "a guest or anonymous session has no key to join others with";
    if ((connection.negotiated.serverCapabilities & Capabilities.MULTI_CHANNEL) === 0)
      return "the server does not offer it";
    if (kind === "quic" || kind === "nbt") return `not over ${kind}`;
    return undefined;
  }

  async #establish(): Promise<void> {
    if (this.#impossible() !== undefined || this.#abort.signal.aborted) return;
    this.#session.isGettingChannels = true;
    this.#isToReplace = false;
    try {
      this.#failure = undefined;
      this.#failed.rdma.clear();
      this.#failed.other.clear();
      await this.#planAndOpen();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.#session.isGettingChannels = false;
      this.#openedMs = this.#settings.clock.now();
    }
    // What was lost while others were being opened is still missing.
    this.#later(this.#isToReplace ? this.#afterLossMs : REFRESH_MS);
  }

  async #planAndOpen(): Promise<void> {
    // Loaded when it is needed: most runs never have a second connection.
    const { planChannels } = await import("./planner.ts");
    const { queryNetworkInterfaces } = await import("./query-interfaces.ts");
    const { signal, done } = this.#limited(QUERY_TIMEOUT_MS);
    const { host } = this.#settings.target;
    const server = await queryNetworkInterfaces(this.#session, host, signal).finally(done);
    const local = await this.#options.localInterfaces?.();
    this.#local = local ?? [];
    for (let round = 0; round < MOST_PLANS; round += 1) {
      const plan = planChannels({
        first: this.#first,
        server,
        local,
        connections: this.#options.connections,
        maxConnections: this.#options.maxConnections ?? MOST_CONNECTIONS,
        rdmaUnavailable: this.#rdmaUnavailable(),
        failed: this.#failed,
      });
      this.#plan = plan;
      const failures = this.#countFailed();
      await this.#open(plan);
      // An address that cannot be reached may have to give way to another one of its interface.
      if (this.#countFailed() === failures || this.#abort.signal.aborted) return;
    }
  }

  #countFailed(): number {
    return this.#failed.rdma.size + this.#failed.other.size;
  }

  #rdmaUnavailable(): string | undefined {
    const { allowedWires } = this.#options;
    if (allowedWires !== undefined && !allowedWires.includes("smbdirect"))
      return "not among the transports that were asked for";
    const factory = this.#settings.transports.find(({ kind }) => kind === "smbdirect");
    return factory === undefined ? "not part of this installation" : factory.unavailable();
  }

  async #open({ routes }: ChannelPlan): Promise<void> {
    await Promise.all(routes.map((route) => this.#openRoute(route)));
    const { channels } = this.#session;
    const isUsed = channels.map((channel) =>
      routes.some((route) => !route.isStandby && this.#leadsTo(channel, route)),
    );
    const hasUsed = isUsed.includes(true);
    for (const [index, channel] of channels.entries()) {
      channel.isStandby = hasUsed && isUsed[index] !== true;
    }
  }

  async #openRoute(route: PlannedRoute): Promise<void> {
    const { channels } = this.#session;
    const existing = channels.filter((each) => each.isOpen && this.#leadsTo(each, route)).length;
    const missing = Math.max(0, route.connections - existing);
    const attempts = Array.from({ length: missing }, () => this.#openOne(route));
    const reasons = (await Promise.all(attempts)).filter((reason) => reason !== undefined);
    const [reason] = reasons;
    // One that could be added shows that the address is right.
    if (reason === undefined || existing > 0 || reasons.length < missing) return;
    const failed = route.kind === "smbdirect" ? this.#failed.rdma : this.#failed.other;
    failed.set(route.address, reason);
  }

  /** Undefined, or why there is no further connection. */
  async #openOne(route: PlannedRoute): Promise<string | undefined> {
    const isRdma = route.kind === "smbdirect";
    const { signal, done } = this.#limited(isRdma ? RDMA_TIMEOUT_MS : CHANNEL_TIMEOUT_MS);
    const connectTimeoutMs = isRdma ? RDMA_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
    try {
      const { openChannel } = await import("./open-channel.ts");
      const settings = { ...this.#settings, connectTimeoutMs };
      const opening = openChannel(this.#session, route, settings, signal);
      this.#routes.set(await orAborted(opening, signal), route);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      done();
    }
  }

  #leadsTo(channel: Channel, { kind, address }: PlannedRoute): boolean {
    const known = this.#routes.get(channel) ?? this.routeOf(channel);
    return known.kind === kind && known.address === address;
  }

  /** A signal that aborts after so long, or when all of this ends. */
  #limited(timeoutMs: number): { readonly signal: AbortSignal; readonly done: () => void } {
    const limit = new AbortController();
    const cancel = this.#settings.clock.after(timeoutMs, () => {
      limit.abort(new UnsupportedError(`no answer within ${timeoutMs / 1000} s`));
    });
    return { signal: AbortSignal.any([limit.signal, this.#abort.signal]), done: cancel };
  }

  /** A connection was lost; others may be lost in the same moment. */
  #replaceLater(): void {
    if (this.#plan === undefined || this.#isToReplace) return;
    const isLasting = this.#settings.clock.now() - this.#openedMs >= LASTING_MS;
    this.#afterLossMs = isLasting ? AFTER_LOSS_MS : Math.min(this.#afterLossMs * 2, REFRESH_MS);
    this.#isToReplace = true;
    this.#later(this.#afterLossMs);
  }

  #later(delayMs: number): void {
    this.#cancelTimer();
    if (this.#abort.signal.aborted) return;
    this.#cancelTimer = this.#settings.clock.after(delayMs, () => void this.establish());
  }
}

/** What comes of `opening`, or the reason of `signal`: a wire that does not heed it holds up nobody. */
async function orAborted(opening: Promise<Channel>, signal: AbortSignal): Promise<Channel> {
  let forget = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    forget = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    // One that comes too late is not kept.
    opening.then(
      ({ connection }) => connection.close(),
      () => {},
    );
    throw error;
  } finally {
    forget();
  }
}
