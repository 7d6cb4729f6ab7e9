import type { TransferEnvironment } from "../../../src/cli/transfer/index.ts";
import type { SmbClient } from "../../../src/core/index.ts";
import { environmentIn } from "../../support/transfers.ts";
import { peer } from "./peer.ts";

export {
  differences,
  freshDirectory,
  leftovers,
  MIB,
  sha256Of,
  whenMoved,
  writeMany,
  writeNoise,
} from "../../support/transfers.ts";

/** What a transfer on the lab's share works with. */
export function environmentOf(
  client: SmbClient,
  more: Partial<TransferEnvironment> = {},
): Promise<TransferEnvironment> {
  return environmentIn(client, peer.share, more);
}
