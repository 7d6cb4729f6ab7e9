import { AddonPlace } from "../addon-place.ts";

/** The addon that QUIC needs. */
export const quicAddon: AddonPlace = new AddonPlace("QUIC", "ngtcp2-napi", "build:quic");
