import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LocalPace } from "../../../src/cli/transfer/local-pace.ts";

/** A file whose calls take as long as the test says. */
class Disk {
  readonly calls: string[] = [];
  readonly #pace = new LocalPace(() => this.#nowMs);
  #nowMs = 0;
  #underWay = 0;
  mostUnderWay = 0;

  async call(ms: number): Promise<void> {
    const atOnce = (): void => {
      this.calls.push("here");
      this.#nowMs += ms;
    };
    const later = async (): Promise<void> => {
      this.calls.push("pool");
      this.#underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
      await Promise.resolve();
      this.#nowMs += ms;
      this.#underWay -= 1;
    };
    await this.#pace.run(atOnce, later);
  }

  /** Where the next call happens. */
  async next(ms: number): Promise<string | undefined> {
    await this.call(ms);
    return this.calls.at(-1);
  }

  /** How many quick calls go to the pool before one is made here again. */
  async probation(): Promise<number> {
    for (let count = 0; ; count += 1) if ((await this.next(1)) === "here") return count;
  }
}

describe("the pace of a local file", () => {
  it("stays on the thread while calls are quick, or only once are not", async () => {
    const disk = new Disk();
    for (const ms of [0.1, 2.9, 14, 1, 1, 1, 1, 1, 2, 8]) assert.equal(await disk.next(ms), "here");
  });

  it("leaves the thread when calls are slow, and comes back after some quick ones", async () => {
    const disk = new Disk();
    for (const ms of [10, 10]) assert.equal(await disk.next(ms), "here");
    assert.equal(await disk.probation(), 7);
    assert.equal(await disk.next(1), "here");
  });

  it("stays in the pool while calls are slow there", async () => {
    const disk = new Disk();
    await disk.call(16);
    for (const ms of [1, 1, 50, 1, 9, 9]) assert.equal(await disk.next(ms), "pool");
  });

  it("does not bear one long wait in mind for ever", async () => {
    const disk = new Disk();
    await disk.call(60_000);
    assert.equal(await disk.probation(), 30);
  });

  it("has one call at a time in the pool, in order, and leaves it while others wait", async () => {
    const disk = new Disk();
    await disk.call(16);
    await Promise.all(Array.from({ length: 10 }, () => disk.call(1)));
    assert.equal(disk.mostUnderWay, 1);
    assert.deepEqual(disk.calls, ["here", ...Array(7).fill("pool"), "here", "here", "here"]);
  });

  it("goes on after a call that failed", async () => {
    const pace = new LocalPace();
    const fails = (): never => {
      throw new Error("full");
    };
    await assert.rejects(
      pace.run(fails, () => Promise.resolve()),
      /full/,
    );
    let nowMs = 0;
    const slow = new LocalPace(() => nowMs);
    await slow.run(
      () => (nowMs += 100),
      () => Promise.resolve(0),
    );
    await assert.rejects(
      slow.run(fails, async () => fails()),
      /full/,
    );
    assert.equal(
      await slow.run(
        () => "here",
        async () => "pool",
      ),
      "pool",
    );
  });
});
