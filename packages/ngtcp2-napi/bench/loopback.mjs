// npm run bench [-- --mib 512 --datagram 1452 --congestion bbr --json]
// How fast one stream is between two processes over loopback, each way, with the CPU it costs.

import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { connect, libraryVersions, listen, unavailable } from "../lib/index.ts";
import { makeCertificates } from "../test/certificates.ts";

const MIB = 1 << 20;

const { values } = parseArgs({
  options: {
    mib: { type: "string", default: "1024" },
    datagram: { type: "string", default: "65400" },
    congestion: { type: "string", default: "cubic" },
    part: { type: "string", default: "1048576" },
    buffer: { type: "string", default: String(4 * MIB) },
    json: { type: "boolean", default: false },
    server: { type: "boolean", default: false },
    "no-gso": { type: "boolean", default: false },
  },
});
const transport = {
  alpn: "bench",
  congestion: values.congestion,
  maxDatagram: Number(values.datagram),
  gso: !values["no-gso"],
  socketBuffer: Number(values.buffer),
};
const total = Number(values.mib) * MIB;
const part = Number(values.part);

/** Reads into memory of the size of a message, as a file transfer does. */
function counter(done) {
  const memory = new Uint8Array(part);
  let received = 0;
  let filled = 0;
  return {
    writable: () => memory.subarray(filled),
    advance: (count) => {
      received += count;
      filled = (filled + count) % memory.length;
    },
    end: () => done(received),
    error: (error) => done(error),
  };
}

async function send(stream, bytes) {
  const memory = new Uint8Array(part).fill(7);
  const waiting = [];
  for (let sent = 0; sent < bytes; sent += part) {
    waiting.push(stream.write(memory));
    if (waiting.length > 16) await waiting.shift();
  }
  stream.end();
  await Promise.all(waiting);
}

function serve() {
  const { cert, key } = JSON.parse(process.env["BENCH_IDENTITY"]);
  const server = listen({ ...transport, host: "127.0.0.1", cert, key }, (connection) => {
    connection.onStream((stream) => {
      const usage = process.cpuUsage();
      const report = () => process.send({ cpu: cpuSeconds(usage), statistics: server.statistics });
      if (stream.isBidirectional) {
        stream.start(counter(() => void send(stream, total).then(report)));
      } else {
        stream.start(counter(report));
      }
    });
  });
  process.send({ port: server.address.port });
  process.on("disconnect", () => process.exit());
}

function cpuSeconds(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

async function measure(name, run, other) {
  const usage = process.cpuUsage();
  const started = performance.now();
  await run();
  const seconds = (performance.now() - started) / 1000;
  const own = cpuSeconds(usage);
  const { cpu, statistics } = await other();
  return {
    name,
    mibPerSecond: total / MIB / seconds,
    clientCpuPerGib: (own * 1024 * MIB) / total,
    serverCpuPerGib: (cpu * 1024 * MIB) / total,
    serverStatistics: statistics,
  };
}

async function main() {
  const identity = makeCertificates();
  const child = fork(new URL(import.meta.url).pathname, [...process.argv.slice(2), "--server"], {
    env: { ...process.env, BENCH_IDENTITY: JSON.stringify(identity.server) },
  });
  const message = () => new Promise((resolve) => child.once("message", resolve));
  const { port } = await message();
  const connection = await connect({
    ...transport,
    host: "localhost",
    address: "127.0.0.1",
    port,
    ca: identity.ca,
    systemCa: false,
  });
  const results = [];
  for (const direction of ["up", "down"]) {
    const other = message();
    const run = direction === "up" ? () => upload(connection) : () => download(connection);
    results.push({ ...(await measure(direction, run, () => other)), client: connection.counters });
  }
  await connection.close();
  child.disconnect();
  print(results);
}

function upload(connection) {
  const stream = connection.openUni();
  return send(stream, total).then(() => stream.closed);
}

function download(connection) {
  const stream = connection.openBidi();
  stream.end();
  return new Promise((resolve, reject) => {
    stream.start(counter((received) => (received === total ? resolve() : reject(received))));
  });
}

function print(results) {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(results)}\n`);
    return;
  }
  process.stdout.write(`${libraryVersions()}, ${values.mib} MiB each way\n`);
  for (const { name, mibPerSecond, clientCpuPerGib, serverCpuPerGib, client } of results) {
    process.stdout.write(
      `${name.padEnd(5)} ${mibPerSecond.toFixed(0).padStart(6)} MiB/s   CPU s/GiB: client ${clientCpuPerGib.toFixed(2)}, ` +
        `server ${serverCpuPerGib.toFixed(2)}   datagrams of ${client.maxDatagram}, rtt ${client.rttMs.toFixed(2)} ms\n`,
    );
  }
}

if (unavailable() !== undefined) {
  process.stderr.write(`${unavailable()}\n`);
  process.exitCode = 1;
} else if (values.server) {
  serve();
} else {
  await main();
}
