import type { DialTarget, SmbClient, Tree } from "../core/index.ts";
import {
  captureTo,
  defaultTransports,
  type PacketCapture,
  type QuicOptions,
} from "../transports/index.ts";
import { systemReason } from "./commands/system-reason.ts";
import { loadConfig } from "./config/load-config.ts";
import {
  type ConnectSettings,
  connectClient,
  demandedProtection,
  dialTarget,
  transportOrder,
} from "./connect.ts";
import {
  credentialsFor,
  type Identity,
  identify,
  looseFileWarning,
  needsPassword,
  noPasswordFor,
  passwordQuestion,
} from "./credentials.ts";
import { failureText, StatedFailure, tellFailure } from "./failure.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { DebugLevel, Log } from "./log.ts";
import type { Options } from "./option-values.ts";
import type { Invocation } from "./options.ts";
import type { Personality } from "./personality.ts";
import { quicSettings } from "./quic-settings.ts";
import { refuse } from "./refusals.ts";
import { printable } from "./render/printable.ts";
import type { RemoteLocation } from "./url.ts";
import { UsageError } from "./usage-error.ts";

/** What a run gets from its process. */
export interface RunEnvironment {
  readonly io: Io;
  readonly personality: Personality;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly interrupts: Interrupts;
  /** Where local names begin. */
  readonly localCwd: string;
}

/** A command line that needs a server. */
export type ServerInvocation = Extract<Invocation, { kind: "list" | "shell" | "subcommand" }>;

/** Does what the command line asks for and returns the exit status; failures are told, not thrown. */
export async function run(
  invocation: ServerInvocation,
  environment: RunEnvironment,
): Promise<number> {
  const { io, personality } = environment;
  const { options } = invocation;
  let run: Run | undefined;
  try {
    refuse(options, personality);
    run = new Run(environment, options);
    return await dispatch(invocation, run);
  } catch (error) {
    const isInterrupted = environment.interrupts.signal.aborted;
    if (options.json && !isInterrupted && !(error instanceof UsageError)) {
      const [{ failureJson }, { jsonLine }] = await Promise.all([
        import("./oneshot/json.ts"),
        import("./render/printable.ts"),
      ]);
      io.out(jsonLine(failureJson(error)));
    }
    if (isInterrupted) return personality.statusOf(environment.interrupts.reason);
    // A wrong option is told on standard error by everybody; commands tell theirs elsewhere.
    if (error instanceof UsageError)
      io.err(
        `${personality.hasExtensions ? "smbx: " : ""}${failureText(error, personality).message}`,
      );
    else tellFailure({ io, personality, debugLevel: options.debugLevel }, error);
    return personality.statusOf(error);
  } finally {
    await run?.close();
  }
}

async function dispatch(invocation: ServerInvocation, run: Run): Promise<number> {
  switch (invocation.kind) {
    case "list": {
      const { listShares } = await import("./list-shares.ts");
      return listShares(run, invocation.host);
    }
    case "shell": {
      const { runShell } = await import("./run-shell.ts");
      return runShell(run, invocation.service);
    }
    case "subcommand": {
      const { runSubcommand } = await import("./oneshot/index.ts");
      return runSubcommand(run, invocation.name, invocation.operands);
    }
  }
}

/** The configuration of a run and the connections it has opened. */
export class Run {
  readonly environment: RunEnvironment;
  readonly options: Options;
  readonly log: Log;
  /** What QUIC is told. */
  readonly quic: QuicOptions;
  readonly #capture: PacketCapture | undefined;
  readonly #settings: ConnectSettings;
  readonly #clients: SmbClient[] = [];
  #identity: Identity | undefined;

  /**
   * Reads the configuration.
   *
   * @throws {UsageError} for options that make no sense
   */
  constructor(environment: RunEnvironment, options: Options) {
    const { io, personality } = environment;
    this.environment = environment;
    this.options = options;
    this.log = new Log(io, { level: options.debugLevel, toStdout: options.debugToStdout });
    const config = loadConfig(options, environment.environment);
    for (const warning of config.warnings) io.err(`${printable(warning)}\n`);
    for (const option of options.ignored) {
      this.log.tell(DebugLevel.STORY, `${option} has no meaning here and is ignored\n`);
    }
    const { authenticationFile } = options;
    if (personality.hasExtensions && authenticationFile !== undefined) {
      const warning = looseFileWarning(authenticationFile);
      if (warning !== undefined) io.err(`${personality.program}: warning: ${printable(warning)}\n`);
    }
    this.quic = quicSettings(options.quic, config.tls, environment.environment);
    const transports = defaultTransports({ quic: this.quic });
    this.#capture = options.pcapFile === undefined ? undefined : openCapture(options.pcapFile);
    this.#settings = {
      io,
      personality,
      options,
      config,
      log: this.log,
      transports: this.#capture?.wrap(transports) ?? transports,
      signal: environment.interrupts.signal,
    };
  }

  get io(): Io {
    return this.environment.io;
  }

  get personality(): Personality {
    return this.environment.personality;
  }

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.environment.interrupts.signal;
  }

  /** Where QUIC would look for a server: a port of the operand, else of the list of transports. */
  quicTarget(location: Pick<RemoteLocation, "host" | "port">): DialTarget {
    const { options, config } = this.#settings;
    const order = transportOrder(options, config, undefined);
    const listed = order.find(({ kind }) => kind === "quic")?.port;
    const port = location.port ?? options.port ?? listed;
    return { ...dialTarget(this.#settings, location), ...(port === undefined ? {} : { port }) };
  }

  /** Connects and logs on, asking for a password where one is needed. */
  async connect(location: RemoteLocation): Promise<SmbClient> {
    const identity = await this.#identify(location);
    const client = await this.#logOn(location, identity);
    this.#clients.push(client);
    return client;
  }

  /** Leaves every server in good order, but does not wait long for one that is silent. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
    });
    await Promise.race([Promise.all(this.#clients.map((client) => client.close())), patience]);
    clearTimeout(timer);
    this.#capture?.close();
  }

  async #logOn(location: RemoteLocation, identity: Identity): Promise<SmbClient> {
    const { personality, io } = this.environment;
    const credentials = credentialsFor(identity, personality);
    try {
      return await connectClient(this.#settings, location, credentials);
    } catch (error) {
      const isRefusal = error instanceof StatedFailure && error.message.startsWith("session setup");
      // An anonymous session has no key, either.
      const needsKey = (demandedProtection(this.#settings) ?? "off") !== "off";
      const mayFallBack = personality.fallsBackToAnonymous && !identity.isChosen && !needsKey;
      if (!isRefusal || !mayFallBack || credentials.kind === "anonymous") throw error;
      const nobody = { kind: "anonymous", username: "", domain: "" } as const;
      const client = await connectClient(this.#settings, location, nobody);
      io.out("Anonymous login successful\n");
      return client;
    }
  }

  async #identify(location: RemoteLocation): Promise<Identity> {
    const identity = identify({
      options: this.options,
      environment: this.environment.environment,
      workgroup: this.#settings.config.workgroup,
      url: location,
    });
    if (!needsPassword(identity)) return identity;
    const known = this.#identity;
    const isSame = known?.username === identity.username && known.domain === identity.domain;
    const password = isSame ? known.password : await this.#askPassword(identity);
    // Asked once for all the servers of a run.
    this.#identity = { ...identity, password: password ?? "" };
    return this.#identity;
  }

  async #askPassword(identity: Identity): Promise<string> {
    const { io, personality } = this.environment;
    const password = await io.askSecret(passwordQuestion(identity));
    // smbclient goes on with an empty one.
    if (password === undefined && personality.hasExtensions) throw noPasswordFor(identity);
    return password ?? "";
  }
}

const CLOSE_PATIENCE_MS = 2000;

function openCapture(path: string): PacketCapture {
  try {
    return captureTo(path);
  } catch (cause) {
    throw new StatedFailure(`Cannot write the capture ${path}: ${systemReason(cause)}`, {
      cause,
    });
  }
}

/** A share and the client it was reached by. */
export interface ConnectedShare {
  readonly client: SmbClient;
  readonly tree: Tree;
}
