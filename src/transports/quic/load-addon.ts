import type * as Addon from "ngtcp2-napi";
import { UnsupportedError } from "../../core/errors.ts";
import { importAddon } from "./import-addon.ts";
import { quicAddon } from "./quic-addon.ts";

/**
 * The addon, loaded on first use: connections over TCP never pay for it.
 *
 * @throws {UnsupportedError} where it cannot be loaded
 */
export async function loadAddon(
  folder: string | undefined = quicAddon.folder,
): Promise<typeof Addon> {
  const reason = quicAddon.unavailable(folder);
  if (reason !== undefined) throw new UnsupportedError(reason);
  const addon = await load();
  const problem = addon.unavailable();
  if (problem !== undefined) throw new UnsupportedError(`${problem} (${quicAddon.command})`);
  return addon;
}

async function load(): Promise<typeof Addon> {
  try {
    return await importAddon();
  } catch (cause) {
    const { message } = cause as Error;
    throw new UnsupportedError(`${quicAddon.needed}, which cannot be loaded: ${message}`, {
      cause,
    });
  }
}
