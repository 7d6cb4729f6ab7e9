// node endings.ts HOW: leaves a process, or a thread of it, with everything open.

import { isMainThread, Worker, workerData } from "node:worker_threads";
import { Access } from "../../lib/index.ts";
import { testProvider } from "../../lib/test-provider.ts";
import { Collector, connectPair } from "../support.ts";

const how = isMainThread ? process.argv[2] : String(workerData);

/** Threads of Node 20 do not get tsx by themselves. */
const WITH_TYPES = `
import("tsx/esm/api").then(({ register }) => {
  register();
  return import(${JSON.stringify(import.meta.url)});
});`;

async function open(): Promise<Awaited<ReturnType<typeof connectPair>>> {
  const pair = await connectPair();
  new Collector(pair.server);
  new Collector(pair.client);
  pair.client.domain.register(new Uint8Array(100), Access.LOCAL_WRITE);
  const region = pair.client.domain.allocate(100, Access.MEMORY_WINDOW_BIND);
  pair.client.postBind(1, pair.client.domain.createWindow(), whole(region), Access.REMOTE_READ);
  pair.client.postSend(1, 0, 10);
  pair.client.submit();
  return pair;
}

function whole(
  region: ReturnType<Awaited<ReturnType<typeof connectPair>>["client"]["domain"]["allocate"]>,
) {
  return { region, offset: 0, length: 100 };
}

switch (how) {
  case "exit": {
    await testProvider.listen({ address: "127.0.0.1", port: 0 }, () => undefined);
    await open();
    process.exit(7);
    break;
  }
  case "unreferenced": {
    const { client, server } = await open();
    client.setReferenced(false);
    server.setReferenced(false);
    break;
  }
  case "closed": {
    const { client, server } = await open();
    await Promise.all([client.close(), server.close()]);
    break;
  }
  case "thrown": {
    const { client, server } = await connectPair();
    server.start({
      completions() {
        throw new Error("thrown by the reader");
      },
      closed() {},
    });
    client.postSend(1, 0, 1);
    client.submit();
    break;
  }
  case "workers": {
    for (const data of ["idle", "closed", "exit"]) {
      const worker = new Worker(WITH_TYPES, { eval: true, workerData: data });
      await new Promise((resolve, reject) => {
        worker.once("error", reject);
        worker.once("message", () => void worker.terminate());
        worker.once("exit", resolve);
      });
    }
    break;
  }
  case "idle": {
    await open();
    const { parentPort } = await import("node:worker_threads");
    parentPort?.postMessage("ready");
    break;
  }
  default:
    throw new Error(`What is ${how}?`);
}
