// One connection to ourselves: for tests of what the environment changes.

import { echo, portOf, readAll, scoped } from "../support.ts";

await scoped(async (scope) => {
  const server = scope.listen(echo);
  const connection = await scope.connect(portOf(server));
  const stream = connection.openBidi();
  const received = readAll(stream);
  await stream.write(Buffer.from("ping"));
  stream.end();
  process.stdout.write(await received);
});
