import type * as Addon from "ngtcp2-napi";
import { UnsupportedError } from "../../core/errors.ts";
import { addonFolder, addonUnavailable, COMMAND, NEEDED } from "./addon-place.ts";
import { importAddon } from "./import-addon.ts";

/**
 * The addon, loaded on first use: connections over TCP never pay for it.
 *
 * @throws {UnsupportedError} where it cannot be loaded
 */
export async function loadAddon(folder: string | undefined = addonFolder()): Promise<typeof Addon> {
  const reason = addonUnavailable(folder);
  if (reason !== undefined) throw new UnsupportedError(reason);
  const addon = await load();
  const problem = addon.unavailable();
  if (problem !== undefined) throw new UnsupportedError(`${problem} (${COMMAND})`);
  return addon;
}

async function load(): Promise<typeof Addon> {
  try {
    return await importAddon();
  } catch (cause) {
    const { message } = cause as Error;
    throw new UnsupportedError(`${NEEDED}, which cannot be loaded: ${message}`, { cause });
  }
}
