import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossyRelay, type RelayOptions } from "./lossy-relay.ts";
import { digestOf, echo, portOf, scoped, sendPattern, skip } from "./support.ts";

const TOTAL = 3 << 20;

const paths: readonly (readonly [string, RelayOptions])[] = [
  ["nothing wrong", {}],
  ["lost datagrams", { drop: 0.05 }],
  ["datagrams twice", { duplicate: 0.1 }],
  ["datagrams in another order", { reorder: 0.1 }],
  ["damaged datagrams", { corrupt: 0.05 }],
  ["a client whose port changes", { rebindEvery: 400 }],
  ["all of it", { drop: 0.02, duplicate: 0.02, reorder: 0.02, corrupt: 0.02, rebindEvery: 700 }],
];

describe("a path with", { skip }, () => {
  for (const [name, options] of paths) {
    it(`${name} brings every byte there and back`, () =>
      scoped(async (scope) => {
        const server = scope.listen(echo, { maxDatagram: 1452 });
        const relay = await LossyRelay.open(portOf(server), options);
        scope.defer(() => relay.close());
        const connection = await scope.connect(relay.port, { maxDatagram: 1452 });
        const stream = connection.openBidi();
        const received = digestOf(stream);
        const sent = await sendPattern(stream, TOTAL, 9);
        assert.deepEqual(await received, { length: TOTAL, sha256: sent });
        if (options.drop !== undefined) assert.ok(relay.dropped > 0);
        if (options.corrupt !== undefined) assert.ok(relay.corrupted > 0);
        if (options.rebindEvery !== undefined) assert.ok(relay.rebinds > 0);
      }));
  }
});
