// Whether a process grows with the connections that it makes and closes: node --expose-gc.

const MIB = 1 << 20;

/**
 * Makes connections, says how fast, and by how much the process has grown in the second half.
 *
 * @param {object} work
 * @param {number} work.total connections
 * @param {number} [work.together] so many at a time
 * @param {number} work.allowedMib growth that is no leak
 * @param {(index: number) => Promise<void>} work.one makes one connection, uses and closes it
 * @returns {Promise<boolean>} whether it has grown by no more than that
 */
export async function measureLeaks({ total, together = 1, allowedMib, one }) {
  let first = 0;
  const started = performance.now();
  for (let done = 0; done < total; done += together) {
    if (done >= total / 2 && first === 0) first = await resident();
    await Promise.all(Array.from({ length: together }, (_, index) => one(done + index)));
  }
  const rate = total / ((performance.now() - started) / 1000);
  const grown = ((await resident()) - first) / MIB;
  process.stdout.write(
    `${total} connections, ${rate.toFixed(0)} a second; grown by ${grown.toFixed(1)} MiB since the first half\n`,
  );
  return grown <= allowedMib;
}

async function resident() {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    globalThis.gc?.();
  }
  return process.memoryUsage().rss;
}
