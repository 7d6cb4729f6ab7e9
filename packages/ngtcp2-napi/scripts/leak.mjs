// node --expose-gc --import tsx scripts/leak.mjs [connections]
// Makes 10,000 connections with a stream each, one after the other and eight at a time, and fails
// where the process has grown by more than a few MiB in the second half.

import { connect, listen, SecureContext } from "../lib/index.ts";
import { makeCertificates } from "../test/certificates.ts";

const MIB = 1 << 20;
const ALLOWED = 16 * MIB;
const total = Number(process.argv[2] ?? 10_000);
const { ca, server: identity } = makeCertificates();
const context = new SecureContext({ ca, systemCa: false });

const server = listen({ host: "127.0.0.1", alpn: "leak", ...identity }, (connection) => {
  connection.onStream((stream) => {
    stream.start({
      data: (bytes) => void stream.write(bytes).catch(() => undefined),
      end: () => stream.end(),
    });
  });
});
const { port } = server.address;

async function one() {
  const connection = await connect({
    ...{ host: "localhost", address: "127.0.0.1", port, alpn: "leak", context },
  });
  const stream = connection.openBidi();
  const ended = new Promise((resolve, reject) => {
    stream.start({ data: () => undefined, end: resolve, error: reject });
  });
  await stream.write(new Uint8Array(20_000));
  stream.end();
  await ended;
  await connection.close();
}

async function resident() {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    globalThis.gc?.();
  }
  return process.memoryUsage().rss;
}

let first = 0;
const started = performance.now();
for (let done = 0; done < total; done += 8) {
  if (done >= total / 2 && first === 0) first = await resident();
  await Promise.all(Array.from({ length: 8 }, one));
}
const rate = total / ((performance.now() - started) / 1000);
const grown = (await resident()) - first;
process.stdout.write(
  `${total} connections, ${rate.toFixed(0)} a second; grown by ${(grown / MIB).toFixed(1)} MiB since the first half\n`,
);
await server.close();
if (grown > ALLOWED) process.exitCode = 1;
