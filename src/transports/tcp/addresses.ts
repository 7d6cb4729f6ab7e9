import { isIP } from "node:net";
import type { Clock } from "../../core/clock.ts";
import type { DialFailure } from "../../core/errors.ts";
import { dialFailure, dialTimeout } from "./socket-failure.ts";

/** The addresses of a name, in the order in which the system prefers them. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** Asks the system: hosts file, DNS, and whatever else it is set up for. */
export const systemResolver: Resolver = async (host) => {
  // Loading it reads the configuration of the resolver, which addresses do not need.
  const { lookup } = process.getBuiltinModule("node:dns").promises;
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

/**
 * Every address to try for `host`, in turn of both families, starting with the family that the
 * system prefers (RFC 8305 section 4). An address, with or without an IPv6 zone, stands for itself.
 *
 * @throws {DialFailure} where the name is unknown
 */
export async function addressesOf(host: string, resolve: Resolver): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return interleaveFamilies(await resolve(host));
  } catch (error) {
    const failure: DialFailure = dialFailure(host, error);
    throw failure;
  }
}

/**
 * The same, with an end to the waiting: a resolver whose servers are silent takes half a minute and more.
 *
 * @throws {DialFailure} where the name is unknown, or not resolved in time
 * @throws the signal's reason, once it aborts
 */
export function addressesWithin(
  host: string,
  options: {
    readonly resolve: Resolver;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
  },
): Promise<readonly string[]> {
  const { resolve, clock, signal, timeoutMs } = options;
  return new Promise((fulfil, reject) => {
    const cancel = clock.after(timeoutMs, () =>
      reject(dialTimeout(host, timeoutMs, "the name was not resolved")),
    );
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void addressesOf(host, resolve)
      .then(fulfil, reject)
      .finally(() => {
        cancel();
        signal.removeEventListener("abort", onAbort);
      });
  });
}

/** One of the first family, one of the other, and so on; the order inside a family stays. */
export function interleaveFamilies(addresses: readonly string[]): readonly string[] {
  const unique = [...new Set(addresses)];
  const preferred = isIP(unique[0] ?? "");
  const first = unique.filter((address) => isIP(address) === preferred);
  const second = unique.filter((address) => isIP(address) !== preferred);
  const turns = Math.max(first.length, second.length);
  return Array.from({ length: turns }, (_, turn) => [first[turn], second[turn]])
    .flat()
    .filter((address) => address !== undefined);
}
