import { NtStatusError, type ShareInfo, type SmbClient } from "../core/index.ts";
import { ExitCode } from "./exit-codes.ts";
import { StatedFailure } from "./failure.ts";
import { jsonLine, printable } from "./render/printable.ts";
import type { Run } from "./run.ts";
import { isRemoteLocation, parseLocation, type RemoteLocation, withoutPassword } from "./url.ts";
import { UsageError } from "./usage-error.ts";

/** `-L HOST`: the shares of a server. Returns the exit status. */
export async function listShares(run: Run, host: string): Promise<number> {
  const { io, options, personality } = run;
  const location = parseHost(host, personality.hasExtensions);
  const shares = await fetchShares(await run.connect(location), location.host, run.signal);
  if (options.grepable) io.out(formatGrepable(shares));
  else if (options.json) io.out(formatJson(shares));
  else io.out(formatShares(shares));
  if (!personality.hasExtensions) io.out("SMB1 disabled -- no workgroup available\n");
  return ExitCode.OK;
}

/** The shares that a server tells us about. */
export async function fetchShares(
  client: SmbClient,
  host: string,
  signal: AbortSignal,
): Promise<readonly ShareInfo[]> {
  try {
    return await client.listShares({ signal });
  } catch (error) {
    throw error instanceof NtStatusError
      ? new StatedFailure(`${error.statusName} listing the shares of ${host}`, { cause: error })
      : error;
  }
}

function parseHost(host: string, hasPorts: boolean): RemoteLocation {
  if (hasPorts) return parseServer(host);
  return { host, share: "", path: "", hasTrailingSeparator: false };
}

/** A server by its name, with or without slashes before it, or as a URL. */
function parseServer(host: string): RemoteLocation {
  const location = parseLocation(isRemoteLocation(host) ? host : `//${host}`);
  if (location.share === "") return location;
  throw new UsageError(
    `-L ${withoutPassword(host)}: -L takes a server; smbx ls lists what is in a share`,
  );
}

/** The table that smbclient prints. */
export function formatShares(shares: readonly ShareInfo[]): string {
  const rows = shares.map(
    ({ name, typeName, comment }) =>
      `\t${printable(name).padEnd(15)} ${typeName.padEnd(10)}${printable(comment)}\n`,
  );
  return `\n\tSharename       Type      Comment\n\t---------       ----      -------\n${rows.join("")}`;
}

function formatGrepable(shares: readonly ShareInfo[]): string {
  return shares
    .map(({ name, typeName, comment }) => `${typeName}|${printable(name)}|${printable(comment)}\n`)
    .join("");
}

function formatJson(shares: readonly ShareInfo[]): string {
  return shares.map((share) => jsonLine(shareJson(share))).join("");
}

/** A share as `--json` shows it; documented in docs/json.md. */
export function shareJson({ name, typeName, comment, isSpecial }: ShareInfo): object {
  return { name, type: typeName.toLowerCase(), comment, special: isSpecial };
}
