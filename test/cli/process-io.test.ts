import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "../support/patience.ts";

const WRITER = fileURLToPath(new URL("../support/loud-writer.ts", import.meta.url));
const KIB = 150_000;

describe("output in a loop", () => {
  for (const where of ["out", "err"] as const) {
    it(`waits for a slow reader instead of filling the memory: ${where}`, async () => {
      const child = spawn(
        process.execPath,
        ["--max-old-space-size=48", "--import", "tsx", WRITER, String(KIB), where],
        { stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS },
      );
      const [read, other] =
        where === "out" ? [child.stdout, child.stderr] : [child.stderr, child.stdout];
      const said: string[] = [];
      other.on("data", (chunk: Buffer) => said.push(String(chunk)));
      const length = lengthOf(read);
      const [status] = (await once(child, "close")) as [number | null];
      assert.equal(status, 0, said.join(""));
      assert.equal(await length, KIB * 1024);
    });
  }
});

async function lengthOf(stream: Readable): Promise<number> {
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).length;
    await turn();
  }
  return length;
}
