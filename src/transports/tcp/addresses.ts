import { isIP } from "node:net";
import type { DialFailure } from "../../core/errors.ts";
import { dialFailure } from "./socket-failure.ts";

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
