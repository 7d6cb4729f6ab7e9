import { fileURLToPath } from "node:url";
import { addonState } from "../../addon-build/addon-state.mjs";
import { ADDON } from "./compile-addon.mjs";

/** How the last attempt to build the addon ended, and whether another would end otherwise. */
export const { isSettled, remember } = addonState({
  folder: fileURLToPath(new URL("..", import.meta.url)),
  file: ADDON,
  instructions: ["binding.gyp", "scripts/compile-addon.mjs"],
  programs: ["g++", "make", "python3", "sudo"],
  libraries: ["libibverbs.pc", "librdmacm.pc"],
});
