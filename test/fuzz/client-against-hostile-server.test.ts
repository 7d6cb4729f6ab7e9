import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Tally } from "./hostile-campaign.ts";

const SEED = 0x5eed_2026;
const LIES = 100_000;
const TIME_LIMIT_MS = 240_000;
const MOST_MEMORY = 256 * 1024 * 1024;
const MOST_LEFT_BEHIND = 48 * 1024 * 1024;
const CAMPAIGN = fileURLToPath(new URL("hostile-campaign.ts", import.meta.url));

describe("the client against a server that lies", () => {
  it(`survives ${LIES} lies: no crash, no hang, no wrong data, no growing memory`, async () => {
    const args = ["--import", "tsx", "--expose-gc", CAMPAIGN, `${SEED}`, `${LIES}`];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      timeout: TIME_LIMIT_MS,
    });
    const tally = JSON.parse(stdout) as Tally;
    assert.ok(tally.lies >= LIES, stdout);
    assert.ok(tally.most < MOST_MEMORY, stdout);
    assert.ok(tally.left < MOST_LEFT_BEHIND, stdout);
    // The lies must have reached every layer: much succeeds, much is refused, much fails.
    const { succeeded, refused, failed } = tally;
    assert.ok(Math.min(succeeded, refused, failed) > LIES / 50, stdout);
  });
});
