// node --expose-gc --import tsx scripts/leak.mjs [connections]
// Makes 10,000 connections with a stream each, one after the other and eight at a time, and fails
// where the process has grown by more than a few MiB in the second half.

import { measureLeaks } from "../../addon-build/measure-leaks.mjs";
import { connect, listen, SecureContext } from "../lib/index.ts";
import { makeCertificates } from "../test/certificates.ts";

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

const total = Number(process.argv[2] ?? 10_000);
const isGood = await measureLeaks({ total, together: 8, allowedMib: 16, one });
await server.close();
process.exitCode = isGood ? 0 : 1;
