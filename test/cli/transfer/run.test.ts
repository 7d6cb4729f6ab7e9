import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isFatal, type RunOptions, runBounded } from "../../../src/cli/transfer/run.ts";
import {
  FULL_STATUSES,
  GONE_STATUSES,
  NtStatus,
  NtStatusError,
  TransportClosedError,
} from "../../../src/core/index.ts";

function options(more: Partial<RunOptions<number>>): RunOptions<number> {
  return {
    items: [],
    jobs: 4,
    budget: 100,
    weigh: () => 1,
    run: async () => {},
    onFailure: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe("runBounded", () => {
  it("keeps to the number of jobs and to the budget, and uses them", async () => {
    for (const [weight, expected] of [
      [1, 4],
      [40, 2],
      [1000, 1],
    ] as const) {
      let running = 0;
      let most = 0;
      let done = 0;
      await runBounded(
        options({
          items: Array.from({ length: 20 }, (_, index) => index),
          weigh: () => weight,
          run: async () => {
            running += 1;
            most = Math.max(most, running);
            await turn();
            running -= 1;
            done += 1;
          },
        }),
      );
      assert.equal(most, expected);
      assert.equal(done, 20);
    }
  });

  it("collects failures and goes on", async () => {
    const failed: number[] = [];
    const done: number[] = [];
    await runBounded(
      options({
        items: [1, 2, 3, 4],
        run: async (item) => {
          if (item % 2 === 0) throw new Error(`no ${item}`);
          done.push(item);
        },
        onFailure: (item) => failed.push(item),
      }),
    );
    assert.deepEqual(
      [done, failed],
      [
        [1, 3],
        [2, 4],
      ],
    );
  });

  it("stops at what concerns everything, and waits for what runs", async () => {
    const lost = new TransportClosedError("gone");
    const started: number[] = [];
    let ended = 0;
    await assert.rejects(
      runBounded(
        options({
          items: [1, 2, 3, 4, 5, 6],
          jobs: 2,
          run: async (item, signal) => {
            started.push(item);
            await turn();
            if (item === 1) throw lost;
            await turn();
            ended += 1;
            signal.throwIfAborted();
          },
        }),
      ),
      lost,
    );
    assert.deepEqual(started, [1, 2]);
    assert.equal(ended, 1);
  });

  it("tells of all that was left when something concerned everything", async () => {
    const lost = new TransportClosedError("gone");
    const left: number[] = [];
    const run = async (item: number, signal: AbortSignal): Promise<void> => {
      await turn();
      if (item === 2) throw lost;
      await turn();
      signal.throwIfAborted();
    };
    const onLeft = (item: number): void => {
      left.push(item);
    };
    const items = [1, 2, 3, 4, 5, 6];
    await assert.rejects(runBounded(options({ items, jobs: 3, run, onLeft })), lost);
    assert.deepEqual(left.sort(), [1, 3, 4, 5, 6]);
  });

  it("names the item under way, even where the connection ended the listing first", async () => {
    const lost = new TransportClosedError("gone");
    const explainFatal = (item: number, cause: unknown) => new Error(`item ${item}`, { cause });
    async function* items(): AsyncGenerator<number> {
      yield 7;
      await turn();
      throw lost;
    }
    const slow = options({
      items: items(),
      explainFatal,
      run: async (_item, signal) => {
        await turn();
        await turn();
        signal.throwIfAborted();
      },
    });
    await assert.rejects(runBounded(slow), { message: "item 7", cause: lost });
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    const run = async (item: number): Promise<void> => {
      if (item === 3) throw full;
    };
    await assert.rejects(runBounded(options({ items: [1, 2, 3, 4], explainFatal, run })), {
      message: "item 3",
      cause: full,
    });
  });

  it("does not blame an item for a listing that the server refused", async () => {
    const refused = new NtStatusError(NtStatus.NETWORK_NAME_DELETED);
    async function* items(): AsyncGenerator<number> {
      yield 7;
      throw refused;
    }
    const run = async (_item: number, signal: AbortSignal): Promise<void> => {
      await turn();
      signal.throwIfAborted();
    };
    const explainFatal = () => new Error("blamed");
    await assert.rejects(runBounded(options({ items: items(), explainFatal, run })), refused);
  });

  it("rejects with the reason of its signal, whatever the items say by then", async () => {
    const controller = new AbortController();
    const reason = new DOMException("Ctrl-C", "AbortError");
    const failures: unknown[] = [];
    await assert.rejects(
      runBounded(
        options({
          items: [1, 2, 3],
          signal: controller.signal,
          run: async (item) => {
            await turn();
            if (item === 1) controller.abort(reason);
            throw new Error("cancelled in some other way");
          },
          onFailure: (_item, error) => failures.push(error),
        }),
      ),
      reason,
    );
    assert.deepEqual(failures, []);
  });

  it("passes on that the listing failed, after what was begun is over", async () => {
    const broken = new Error("listing");
    let isDone = false;
    async function* items(): AsyncGenerator<number> {
      yield 1;
      throw broken;
    }
    await assert.rejects(
      runBounded(
        options({
          items: items(),
          run: async () => {
            await turn();
            isDone = true;
          },
        }),
      ),
      broken,
    );
    assert.equal(isDone, true);
  });
});

describe("isFatal", () => {
  it("tells a full disk or a lost connection from the trouble of one file", () => {
    assert.equal(isFatal(new TransportClosedError("x")), true);
    for (const status of [...GONE_STATUSES, ...FULL_STATUSES])
      assert.equal(isFatal(new NtStatusError(status)), true);
    assert.equal(isFatal(Object.assign(new Error("x"), { code: "ENOSPC" })), true);
    assert.equal(isFatal(new NtStatusError(NtStatus.ACCESS_DENIED)), false);
    assert.equal(isFatal(Object.assign(new Error("x"), { code: "EACCES" })), false);
  });
});
