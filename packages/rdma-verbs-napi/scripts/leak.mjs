// node --expose-gc --import tsx scripts/leak.mjs [rounds]
// 10,000 connections over the test provider with messages, memory, windows and RDMA each, one after the
// other; fails where the process has grown by more than a few MiB in the second half.

import { measureLeaks } from "../../addon-build/measure-leaks.mjs";
import { Access } from "../lib/index.ts";
import { Collector, connectPair } from "../test/support.ts";

const ALL =
  Access.LOCAL_WRITE | Access.REMOTE_READ | Access.REMOTE_WRITE | Access.MEMORY_WINDOW_BIND;

async function one(round) {
  const { client, server } = await connectPair();
  const atClient = new Collector(client);
  const atServer = new Collector(server);
  const theirs = client.domain.allocate(20_000, ALL);
  const ours = server.domain.register(new Uint8Array(20_000), ALL);
  const window = client.domain.createWindow();
  const range = { region: theirs, offset: 0, length: 20_000 };
  const key = client.postBind(1, window, range, Access.REMOTE_WRITE | Access.REMOTE_READ);
  client.submit();
  await atClient.until(1);
  const local = [{ region: ours, offset: 0, length: 20_000 }];
  server.postRead(1, local, theirs.address, key);
  server.postWrite(2, local, theirs.address, key);
  server.postSendInvalidate(3, 0, 100, key);
  // Every other one ends with an error.
  if (round % 2 === 1) server.postWrite(4, local, theirs.address, key);
  server.submit();
  await atServer.until(round % 2 === 1 ? 4 : 3);
  window.close();
  theirs.close();
  ours.close();
  await Promise.all([client.close(), server.close()]);
}

const total = Number(process.argv[2] ?? 10_000);
const isGood = await measureLeaks({ total, allowedMib: 12, one });
process.exitCode = isGood ? 0 : 1;
