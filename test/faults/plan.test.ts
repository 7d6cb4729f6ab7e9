import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FAULT_KINDS } from "./fault.ts";
import { JOB_KINDS } from "./job.ts";
import { planRound } from "./plan.ts";

const POSSIBLE = { fullDisks: true, quic: true };
const PLANS = Array.from({ length: 600 }, (_, seed) => planRound(seed, POSSIBLE));

describe("the rounds of the fault campaign", () => {
  it("are the same for the same seed", () => {
    assert.deepEqual(planRound(17, POSSIBLE), PLANS[17]);
    assert.notDeepEqual(planRound(18, POSSIBLE), PLANS[17]);
  });

  it("bring every kind of job together with every kind of fault", () => {
    const pairs = new Set(PLANS.map(({ job, faultKind }) => `${job.kind}, ${faultKind}`));
    assert.equal(pairs.size, JOB_KINDS.length * FAULT_KINDS.length);
  });

  it("use all personalities, protections, dialects and transports", () => {
    const values = (of: (plan: (typeof PLANS)[number]) => unknown): number =>
      new Set(PLANS.map(of)).size;
    assert.equal(
      values(({ job }) => job.personality),
      2,
    );
    assert.equal(
      values(({ job }) => job.protection),
      3,
    );
    assert.equal(
      values(({ job }) => job.dialect),
      5,
    );
    assert.equal(
      values(({ job }) => job.transport),
      2,
    );
    assert.equal(
      values(({ job }) => job.channels),
      3,
    );
  });

  it("flip no bit that nothing protects", () => {
    for (const { job, faults } of PLANS) {
      const flips = faults.some(({ kind }) => kind === "flip");
      assert.ok(!flips || job.protection !== "off");
    }
  });
});
