import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from "../../src/cli/embedded/embedded-server.ts";
import { behindQuic, isOverQuic } from "./wire.ts";

export type {
  EmbeddedServer as Samba,
  EmbeddedServerOptions as SambaOptions,
} from "../../src/cli/embedded/embedded-server.ts";
export type { EmbeddedShare as SambaShare } from "../../src/cli/embedded/samba-config.ts";
export { sambaUnavailable } from "../../src/cli/embedded/samba-programs.ts";

/**
 * A private smbd for tests: the one that `npm start` embeds; behind QUIC where the wire is that.
 *
 * ```ts
 * const skip = sambaUnavailable() ?? false;            // a reason: skipped aloud
 * describe("get", { skip }, () => {
 *   let samba: Samba;
 *   before(async () => { samba = await startSamba({ global: { "smb encrypt": "required" } }); });
 *   after(() => samba.stop());
 *   it("…", async () => { writeFileSync(join(samba.sharePath("share"), "a.txt"), "hello"); … });
 * });
 * ```
 */
export async function startSamba(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer(options);
  return isOverQuic ? behindQuic(server) : server;
}

/** Bytes of a file on a share, as the server's disk has them. */
export function readShared(samba: EmbeddedServer, share: string, path: string): Uint8Array {
  return readFileSync(join(samba.sharePath(share), path));
}
