import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Interrupts } from "../../src/cli/interrupts.ts";

describe("Ctrl-C", () => {
  it("ends the run", async () => {
    const interrupts = new Interrupts();
    const ended = interrupts.ended();
    interrupts.interrupt();
    assert.equal(interrupts.signal.aborted, true);
    await assert.rejects(ended, { name: "AbortError" });
    await assert.rejects(interrupts.ended(), { name: "AbortError" });
  });

  it("is the shell's while that has taken it over", () => {
    const interrupts = new Interrupts();
    let taken = 0;
    const release = interrupts.takeOver(() => {
      taken += 1;
    });
    interrupts.interrupt();
    assert.deepEqual([taken, interrupts.signal.aborted], [1, false]);
    release();
    interrupts.interrupt();
    assert.deepEqual([taken, interrupts.signal.aborted], [1, true]);
  });

  it("leaves other ends alone", () => {
    const interrupts = new Interrupts();
    interrupts.takeOver(() => assert.fail("not for the shell"));
    interrupts.end("terminated");
    assert.equal(interrupts.reason, "terminated");
  });
});
