// A client that ends in the way that its first argument says, with everything open.

import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { connect } from "../../lib/index.ts";

const [how, port] = process.argv.slice(-2);

if (how === "worker") {
  const load = `import("tsx/esm/api").then(({ register }) => { register(); return import(process.argv[2]); });`;
  const worker = new Worker(load, {
    eval: true,
    argv: [import.meta.filename, "stay", port ?? ""],
  });
  worker.once("message", () => void worker.terminate());
} else {
  const connection = await connect({
    ...{ host: "localhost", address: "127.0.0.1", port: Number(port), alpn: "test" },
    verify: "none",
    systemCa: false,
  });
  const stream = connection.openBidi();
  stream.start({ data: () => undefined, end: () => undefined, error: () => undefined });
  stream.write(new Uint8Array(3_000_000)).catch(() => undefined);
  process.stdout.write("connected\n");
  parentPort?.postMessage("connected");
  if (how === "exit") setImmediate(() => process.exit(0));
  if (how === "return" && isMainThread) connection.unref();
  if (how === "throw") {
    setImmediate(() => {
      throw new Error("on purpose");
    });
  }
}
