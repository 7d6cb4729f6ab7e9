import { UnsupportedError } from "../../core/errors.ts";
import { importAddon } from "./import-rdma-addon.ts";
import { rdmaAddon, rdmaUnavailable } from "./rdma-addon.ts";
import type { Verbs } from "./verbs.ts";

/**
 * The system's RDMA, loaded on first use: connections over TCP never pay for it.
 *
 * @throws {UnsupportedError} where it cannot be used: no library, no device, no permission
 */
export async function loadVerbs(): Promise<Verbs> {
  const reason = rdmaUnavailable();
  if (reason !== undefined) throw new UnsupportedError(reason);
  const { verbs } = await load();
  const problem = verbs.unavailable();
  if (problem !== undefined) throw new UnsupportedError(problem);
  return verbs;
}

async function load(): ReturnType<typeof importAddon> {
  try {
    return await importAddon();
  } catch (cause) {
    const { message } = cause as Error;
    const { needed, command } = rdmaAddon;
    throw new UnsupportedError(`${needed}, which cannot be loaded: ${message} (${command})`, {
      cause,
    });
  }
}
