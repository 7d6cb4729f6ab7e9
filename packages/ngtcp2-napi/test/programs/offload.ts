// A transfer with Ethernet's datagrams to ourselves; tells which offloads were in use at its end.

import { digestOf, echo, portOf, scoped, sendPattern } from "../support.ts";

const total = 2 << 20;

await scoped(async (scope) => {
  const server = scope.listen(echo, { maxDatagram: 1452 });
  const connection = await scope.connect(portOf(server), { maxDatagram: 1452 });
  const stream = connection.openBidi();
  const received = digestOf(stream);
  const sent = await sendPattern(stream, total, 4);
  const { length, sha256 } = await received;
  const { usesGso, usesGro } = server.statistics;
  const isWhole = length === total && sha256 === sent;
  process.stdout.write(JSON.stringify({ isWhole, usesGso, usesGro }));
});
