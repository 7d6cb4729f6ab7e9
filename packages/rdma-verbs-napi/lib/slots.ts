import type { BufferSlots } from "./interface.ts";
import type { Region } from "./native-memory.ts";

/** A region in equal slots. */
export class Slots implements BufferSlots {
  readonly size: number;
  readonly count: number;
  readonly region: Region;
  readonly #views: Uint8Array[] = [];

  constructor(region: Region, size: number, count: number) {
    this.region = region;
    this.size = size;
    this.count = count;
    for (let index = 0; index < count; index += 1) {
      this.#views.push(region.memory.subarray(index * size, (index + 1) * size));
    }
  }

  slot(index: number): Uint8Array {
    const view = this.#views[index];
    if (view === undefined) throw new RangeError(`There is no slot ${index} of ${this.count}`);
    return view;
  }
}
