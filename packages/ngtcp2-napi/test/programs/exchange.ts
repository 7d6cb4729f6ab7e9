// One connection to ourselves: for tests of what the environment changes. Under valgrind it takes long.

import { echo, portOf, readAll, scoped } from "../support.ts";

await scoped(async (scope) => {
  const patience = { handshakeTimeoutMs: 120_000, idleTimeoutMs: 120_000 };
  const server = scope.listen(echo, patience);
  const connection = await scope.connect(portOf(server), patience);
  const stream = connection.openBidi();
  const received = readAll(stream);
  await stream.write(Buffer.from("ping"));
  stream.end();
  process.stdout.write(await received);
});
