import { fileURLToPath } from "node:url";
import { addonState } from "../../addon-build/addon-state.mjs";
import { ADDON } from "./compile-addon.mjs";

/** How the last attempt to build the addon ended, and whether another would end otherwise. */
export const { isSettled, remember } = addonState({
  folder: fileURLToPath(new URL("..", import.meta.url)),
  file: ADDON,
  instructions: [
    "binding.gyp",
    "scripts/compile-addon.mjs",
    "scripts/fetch-ngtcp2.mjs",
    "scripts/native-library.mjs",
  ],
  programs: ["g++", "make", "python3", "pkg-config", "sudo"],
  libraries: ["libngtcp2.pc", "libngtcp2_crypto_gnutls.pc", "gnutls.pc"],
});
