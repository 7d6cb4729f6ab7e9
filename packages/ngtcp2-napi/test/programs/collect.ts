// Closed connections and their streams must be collected.

import { echo, portOf, readAll, scoped } from "../support.ts";

let collected = 0;
const registry = new FinalizationRegistry(() => {
  collected += 1;
});
const count = 20;

await scoped(async (scope) => {
  const server = scope.listen(echo);
  for (let index = 0; index < count; index += 1) {
    await scoped(async (inner) => {
      const connection = await inner.connect(portOf(server));
      const stream = connection.openBidi();
      registry.register(connection, undefined);
      registry.register(stream, undefined);
      const received = readAll(stream);
      await stream.write(new Uint8Array(10));
      stream.end();
      await received;
    });
  }
});
const gc = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
for (let round = 0; round < 200 && collected < 2 * count - 4; round += 1) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  gc();
}
process.stdout.write(collected >= 2 * count - 4 ? "collected\n" : `only ${collected}\n`);
