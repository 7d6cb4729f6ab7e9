/** Deals `total` out in turns, to none more than it wants. */
export function share(total: number, wanted: readonly number[]): number[] {
  const dealt = wanted.map(() => 0);
  let left = Math.min(
    total,
    wanted.reduce((sum, each) => sum + each, 0),
  );
  while (left > 0) {
    for (const [index, limit] of wanted.entries()) {
      if (left === 0 || (dealt[index] ?? 0) >= limit) continue;
      dealt[index] = (dealt[index] ?? 0) + 1;
      left -= 1;
    }
  }
  return dealt;
}
