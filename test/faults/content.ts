import { createCipheriv } from "node:crypto";
import { SeededRandom } from "../support/seeded-random.ts";

/**
 * `size` bytes that follow from `seed`: noise, and in every second content stretches of zeros, which are
 * what a gap that nobody wrote looks like.
 */
export function contentOf(seed: number, size: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed >>> 0);
  const bytes = createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
  const random = new SeededRandom(seed);
  if (random.chance(0.5)) return bytes;
  for (let stretches = random.between(1, 4); stretches > 0; stretches -= 1) {
    const start = random.below(size);
    bytes.fill(0, start, Math.min(size, start + random.below(size / 4)));
  }
  return bytes;
}
