// A relay in a process of its own: node --import tsx relay-main.ts ngtcp2|quiche
// The settings are one line on standard input; the port is told on standard output. It ends when
// its standard input does.

import { createInterface } from "node:readline";
import { QuicRelay } from "../quic-relay.ts";
import type { QuicheRelay } from "./quiche-relay.ts";
import type { RelaySettings } from "./relay-settings.ts";

async function start(settings: RelaySettings): Promise<QuicRelay | QuicheRelay> {
  if (process.argv[2] === "quiche") {
    // Loaded only here: there is not a binary for every processor.
    const { QuicheRelay: Relay } = await import("./quiche-relay.ts");
    return Relay.start(settings);
  }
  return new QuicRelay(settings);
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { value } = await lines.next();
const relay = await start(JSON.parse(String(value)) as RelaySettings);
process.stdout.write(`${relay.port}\n`);
for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
  if (line.value === "update-keys" && relay instanceof QuicRelay) relay.updateKeys();
}
process.exit();
