import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { staggeredRace } from "../../src/core/staggered-race.ts";
import { turns } from "../compliance/transport.ts";
import { ManualClock } from "../support/clock.ts";

/** A race whose entries finish when the test says so. */
class Track {
  readonly clock = new ManualClock();
  readonly controller = new AbortController();
  readonly started: string[] = [];
  readonly lost: string[] = [];
  readonly discarded: string[] = [];
  decisive = "";
  readonly #finish = new Map<string, (outcome: "win" | "fail") => void>();

  race(...entries: string[]): Promise<string | undefined> {
    return staggeredRace({
      entries,
      headStartMs: 250,
      clock: this.clock,
      signal: this.controller.signal,
      isDecisive: (error) => error instanceof Error && error.message === this.decisive,
      discard: (late) => this.discarded.push(late),
      run: (entry, signal) => {
        this.started.push(entry);
        signal.addEventListener("abort", () => this.lost.push(entry));
        return new Promise((resolve, reject) => {
          this.#finish.set(entry, (outcome) =>
            outcome === "win" ? resolve(entry) : reject(new Error(entry)),
          );
        });
      },
    });
  }

  async finish(entry: string, outcome: "win" | "fail"): Promise<void> {
    this.#finish.get(entry)?.(outcome);
    await turns(1);
  }
}

describe("staggeredRace", () => {
  it("starts the next entry only after the head start", async () => {
    const track = new Track();
    const result = track.race("a", "b", "c");
    assert.deepEqual(track.started, ["a"]);
    track.clock.advance(249);
    assert.deepEqual(track.started, ["a"]);
    track.clock.advance(1);
    assert.deepEqual(track.started, ["a", "b"]);
    await track.finish("b", "win");
    assert.equal(await result, "b");
    assert.deepEqual(track.lost, ["a"]);
    assert.equal(track.clock.pending, 0);
  });

  it("starts the next entry at once when one fails", async () => {
    const track = new Track();
    const result = track.race("a", "b");
    await track.finish("a", "fail");
    assert.deepEqual(track.started, ["a", "b"]);
    await track.finish("b", "win");
    assert.equal(await result, "b");
    assert.deepEqual(track.lost, []);
  });

  it("gives back a result that comes too late", async () => {
    const track = new Track();
    const result = track.race("a", "b");
    track.clock.advance(250);
    await track.finish("b", "win");
    await track.finish("a", "win");
    assert.equal(await result, "b");
    assert.deepEqual(track.discarded, ["a"]);
  });

  it("waits for the slow ones when the last has failed", async () => {
    const track = new Track();
    const result = track.race("a", "b");
    track.clock.advance(250);
    await track.finish("b", "fail");
    await track.finish("a", "win");
    assert.equal(await result, "a");
  });

  it("resolves with undefined when all have failed, or none was there", async () => {
    const track = new Track();
    const result = track.race("a", "b");
    await track.finish("a", "fail");
    await track.finish("b", "fail");
    assert.equal(await result, undefined);
    assert.equal(await new Track().race(), undefined);
  });

  it("aborts everything with the signal's reason", async () => {
    const track = new Track();
    const result = track.race("a", "b");
    const reason = new Error("enough");
    track.controller.abort(reason);
    await assert.rejects(result, reason);
    assert.deepEqual(track.lost, ["a"]);
    await track.finish("a", "win");
    assert.deepEqual(track.discarded, ["a"]);
    assert.deepEqual(track.started, ["a"]);
    assert.equal(track.clock.pending, 0);
  });

  it("ends with a rejection that decides it", async () => {
    const track = new Track();
    track.decisive = "b";
    const result = track.race("a", "b", "c");
    track.clock.advance(250);
    const rejected = assert.rejects(result, { message: "b" });
    await track.finish("b", "fail");
    await rejected;
    assert.deepEqual(track.lost, ["a"]);
    assert.deepEqual(track.started, ["a", "b"]);
    assert.equal(track.clock.pending, 0);
  });

  it("starts nothing for a signal that was aborted before", async () => {
    const track = new Track();
    track.controller.abort(new Error("no"));
    await assert.rejects(track.race("a"), /no/);
    assert.deepEqual(track.started, []);
  });
});
