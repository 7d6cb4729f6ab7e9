import assert from "node:assert/strict";
import {
  AccessMask,
  CipherId,
  Dialect,
  NtStatusError,
  type Protection,
  queryAllocatedRanges,
  readPipeline,
  readSmallFile,
  SmbClient,
  SmbError,
  type Tree,
  writePipeline,
  writeSmallFile,
} from "../../src/core/index.ts";
import { listShares, serverInfo } from "../../src/core/server-service.ts";
import { ManualClock } from "../support/clock.ts";
import { CONTENT, HostileServer, NAMES } from "../support/hostile-server.ts";
import { Mutator } from "./mutator.ts";

const TIMEOUT_MS = 2_000;
/** A request may take six time-outs of a server that lives; more in a row than one each is a hang. */
const PATIENCE_MS = 100 * TIMEOUT_MS;
/** How often memory is looked at, in connections. */
const LOOK_EVERY = 64;

function memoryInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

type Operation = (tree: Tree, client: SmbClient, signal: AbortSignal) => Promise<unknown>;

/** What a client does, and what comes of it where nobody lies. */
const OPERATIONS: readonly Operation[] = [
  async (tree) => {
    const names: string[] = [];
    for await (const batch of tree.list("")) names.push(...batch.map(({ name }) => name));
    return names;
  },
  async (tree) => (await tree.stat("a.txt")).size,
  async (tree) => {
    const file = await tree.openFile("a.txt", { access: AccessMask.READ_DATA });
    const bytes = new Uint8Array(CONTENT.length);
    await readPipeline(file, {
      ranges: [{ offset: 0, length: Math.min(file.size, CONTENT.length) }],
      place: (data, offset) => bytes.set(data, offset),
      chunkBytes: 1000,
    });
    await file.close({ postQuery: true });
    return Buffer.from(bytes).toString("hex");
  },
  async (tree) => {
    const small = await readSmallFile(tree, "a.txt", { length: 65_536 });
    const text = Buffer.from(small.data).toString("hex");
    small.release();
    return text;
  },
  async (tree) => {
    const file = await tree.openFile("b", { access: AccessMask.WRITE_DATA });
    await writePipeline(file, { length: 5000, chunkBytes: 1000, fetch: (buffer) => buffer.length });
    await file.flush();
    await file.setEndOfFile(4000);
    for await (const range of queryAllocatedRanges(file, 4000)) assert.ok(range.length > 0);
    await file.close();
  },
  (tree) => writeSmallFile(tree, { path: "b", temporaryPath: "b.tmp", data: CONTENT }),
  (tree) => tree.mkdir("dir"),
  (tree) => tree.unlink("b"),
  (tree) => tree.rename("b", "c", { replace: true }),
  (tree) => tree.setBasicInfo("b", { lastWriteTime: 5n }),
  (tree) => tree.volume(),
  (tree) => tree.fsSize(),
  // Not by `client.listShares()`, which loads this on demand: in real time, and ours is another.
  (_, client) => listShares(client, {}),
  (_, client) => serverInfo(client, {}),
  (_, client, signal) => client.connection.echo(signal),
  (_, client, signal) => client.connectTree("other", { signal }),
  (tree, _, signal) => tree.stat("a.txt", { signal }),
];
/** What these must come to, by their place; the others say nothing that can be compared. */
const TRUTHS: ReadonlyMap<number, unknown> = new Map<number, unknown>([
  [0, NAMES],
  [1, CONTENT.length],
  [2, Buffer.from(CONTENT).toString("hex")],
  [3, Buffer.from(CONTENT).toString("hex")],
]);

const DIALECTS = [
  Dialect.SMB_2_0_2,
  Dialect.SMB_2_1,
  Dialect.SMB_3_0,
  Dialect.SMB_3_0_2,
  Dialect.SMB_3_1_1,
];
const PROTECTIONS: readonly Protection[] = ["off", "sign", "encrypt"];

/** Lets time pass until `promise` is settled. */
async function settled<T>(
  promise: Promise<T>,
  clock: ManualClock,
): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  Promise.allSettled([promise]).then(([only]) => {
    result = only;
  }, assert.fail);
  for (let passedMs = 0; passedMs < PATIENCE_MS; passedMs += TIMEOUT_MS / 8) {
    for (let turn = 0; turn < 3 && result === undefined; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    if (result !== undefined) return result;
    clock.advance(TIMEOUT_MS / 8);
  }
  throw new Error("a promise is never settled");
}

/** Only errors of ours may come out; a TypeError is a client that was led astray. */
function isExpected(reason: unknown): boolean {
  return reason instanceof SmbError || (reason instanceof Error && reason.name === "AbortError");
}

/** What came of a campaign; `most` and `left` are bytes more than before. */
export interface Tally {
  lies: number;
  connections: number;
  connected: number;
  succeeded: number;
  refused: number;
  failed: number;
  most: number;
  left: number;
}

/** One connection, from its first message to its end. */
async function attack(mutator: Mutator, tally: Tally): Promise<void> {
  const dialect = mutator.pick(DIALECTS);
  const protection = mutator.pick(
    dialect < Dialect.SMB_3_0 ? (["off", "sign"] as const) : PROTECTIONS,
  );
  const liar = mutator.below(10) === 0 ? "path" : "server";
  const clock = new ManualClock();
  const hostile = new HostileServer({
    mutator,
    liar,
    honestMessages: mutator.below(8) === 0 ? mutator.below(4) : 4 + mutator.below(6),
    dialect,
    // The bit that says so before 3.1.1, and LARGE_MTU.
    capabilities: protection === "encrypt" ? 0x44 : 4,
    ...(protection === "encrypt" ? { cipher: CipherId.AES_128_CCM } : {}),
  });
  const connecting = SmbClient.connect(
    { host: "server" },
    {
      transports: [hostile.server.factory()],
      order: [{ kind: "memory" }],
      credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      minDialect: dialect,
      maxDialect: dialect,
      protection,
      clock,
      timeoutMs: TIMEOUT_MS,
    },
  );
  const outcome = await settled(connecting, clock);
  tally.connections += 1;
  if (outcome.status === "rejected") assert.ok(isExpected(outcome.reason), outcome.reason);
  else {
    tally.connected += 1;
    // Nobody on the path can lie about what is signed or encrypted.
    const isTrue = liar === "path" && protection !== "off";
    await work(outcome.value, { mutator, clock, tally, isTrue });
  }
  tally.lies += hostile.lies;
}

interface Work {
  readonly mutator: Mutator;
  readonly clock: ManualClock;
  readonly tally: Tally;
  /** What succeeds must be true. */
  readonly isTrue: boolean;
}

/** Two operations at a time, sometimes broken off, until the connection is gone. */
async function work(client: SmbClient, how: Work): Promise<void> {
  const { mutator, clock } = how;
  const connecting = await settled(client.connectTree("share"), clock);
  if (connecting.status === "rejected") assert.ok(isExpected(connecting.reason), connecting.reason);
  else {
    const tree = connecting.value;
    for (let round = 0; round < 40 && !client.connection.isClosed; round += 1) {
      const abort = new AbortController();
      const chosen = [mutator.below(OPERATIONS.length), mutator.below(OPERATIONS.length)];
      const running = chosen.map((index) => OPERATIONS[index]?.(tree, client, abort.signal));
      if (mutator.below(4) === 0) setImmediate(() => abort.abort());
      const results = await settled(Promise.allSettled(running), clock);
      assert.ok(results.status === "fulfilled");
      for (const [index, result] of results.value.entries())
        judge(result, chosen[index] ?? -1, how);
    }
  }
  const closing = await settled(client.close(), clock);
  assert.equal(closing.status, "fulfilled");
}

function judge(result: PromiseSettledResult<unknown>, operation: number, how: Work): void {
  const { tally, isTrue } = how;
  if (result.status === "rejected") {
    assert.ok(isExpected(result.reason), result.reason);
    if (result.reason instanceof NtStatusError) tally.refused += 1;
    else tally.failed += 1;
    return;
  }
  tally.succeeded += 1;
  const truth = TRUTHS.get(operation);
  if (isTrue && truth !== undefined) assert.deepEqual(result.value, truth);
}

/** Lies to a client until it has heard `lies` of them. The same seed tells the same lies. */
async function campaign(seed: number, lies: number): Promise<Tally> {
  const mutator = new Mutator(seed);
  const counts = { lies: 0, connections: 0, connected: 0, succeeded: 0, refused: 0, failed: 0 };
  const tally: Tally = { ...counts, most: 0, left: 0 };
  globalThis.gc?.();
  const before = memoryInUse();
  while (tally.lies < lies) {
    await attack(mutator, tally);
    if (tally.connections % LOOK_EVERY === 0)
      tally.most = Math.max(tally.most, memoryInUse() - before);
  }
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  tally.left = memoryInUse() - before;
  return tally;
}

// A process of its own: what node:test does to follow every promise takes longer than the client.
const [seed, lies] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(await campaign(seed ?? 1, lies ?? 1000)));
