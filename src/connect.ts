import { isIPv6 } from "node:net";
import {
  type ClientOptions,
  type Credentials,
  type DialTarget,
  defaultOrder,
  SmbClient,
} from "./core/index.ts";
import { defaultTransports, localInterfaces, type QuicOptions } from "./transports/index.ts";

/** Options of `connect`: those of `SmbClient.connect`, all with defaults, and who logs on. */
export interface ConnectOptions extends Partial<Omit<ClientOptions, "credentials">> {
  /** The user; without one (here and in the URL) the logon is anonymous. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly domain?: string | undefined;
  /** Whom to trust over QUIC and who we are; of no effect where `transports` is given. */
  readonly quic?: QuicOptions | undefined;
}

/**
 * Connects with every wire there is, TCP first, and logs on. `server` is a name or an address, with or
 * without `:PORT` (an IPv6 address before a port in brackets), a
 * `smb://[user[:password]@]server[:port]` URL (percent-encoded where needed), or a `DialTarget`.
 * What `options` say wins over the URL.
 *
 * @throws {TypeError} where the URL is malformed or names a share: shares come with `connectTree`
 * @throws {DialError} where no wire reaches the server
 * @throws {AuthenticationError} where the server refuses the user, or a password has no user name
 */
export async function connect(
  server: string | DialTarget,
  options: ConnectOptions = {},
): Promise<SmbClient> {
  const { username, password, domain, quic, ...rest } = options;
  const place = typeof server === "string" ? parseServer(server) : { target: server };
  const user = username ?? place.username;
  const credentials: Credentials = {
    kind: user === undefined ? "anonymous" : "password",
    username: user ?? "",
    domain: domain ?? "",
    password: password ?? place.password ?? "",
  };
  return await SmbClient.connect(place.target, {
    transports: defaultTransports({ quic }),
    order: defaultOrder,
    multichannel: { connections: "auto", localInterfaces },
    ...rest,
    credentials,
  });
}

interface Place {
  readonly target: DialTarget;
  readonly username?: string;
  readonly password?: string;
}

/** `nas`, `nas:445`, `192.0.2.1:445`, `[2001:db8::1]:445`, `2001:db8::1`. */
function parseHost(text: string): DialTarget {
  if (isIPv6(text)) return { host: text };
  const [, address, name, digits] =
    /^(?:\[([^[\]]+)\]|([^:/\\[\]\s@]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = address ?? name;
  const port = digits === undefined ? undefined : Number(digits);
  const isWrong = host === undefined || (address !== undefined && !isIPv6(address));
  if (isWrong || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new TypeError(
      `Not a server: ${text} (a name or an address with or without :PORT, an IPv6 address before a port in brackets, or smb://…)`,
    );
  }
  return port === undefined ? { host } : { host, port };
}

function parseServer(text: string): Place {
  if (!/^smb:/i.test(text)) return { target: parseHost(text) };
  const url = new URL(text);
  if (url.hostname === "") throw new TypeError(`No server in ${text}`);
  if (url.pathname !== "" && url.pathname !== "/") {
    throw new TypeError("connect() takes a server; connectTree() takes the share");
  }
  // An IPv6 address stands in brackets in a URL, and without them everywhere else.
  const host = decodeURIComponent(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  const target = url.port === "" ? { host } : { host, port: Number(url.port) };
  const password = decodeURIComponent(url.password);
  if (url.username === "") return { target, password };
  return { target, username: decodeURIComponent(url.username), password };
}
