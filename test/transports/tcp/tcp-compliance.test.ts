import { networkInterfaces } from "node:os";
import { after, before, it } from "node:test";
import { tcpTransport } from "../../../src/transports/tcp/tcp-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";
import { SocketServer, transportOf } from "../socket-server.ts";

const local = Object.values(networkInterfaces()).flatMap((each) => each ?? []);

for (const host of ["127.0.0.1", "::1"]) {
  if (!local.some(({ address }) => address === host)) {
    it(`tcp to ${host}`, { skip: `this machine has no ${host}` });
    continue;
  }
  let server: SocketServer;
  before(async () => {
    server = await SocketServer.listen(host);
  });
  after(() => server[Symbol.asyncDispose]());

  describeTransport(`tcp to ${host}`, async (signal) => {
    const client = await tcpTransport().dial({ host, port: server.port }, { signal });
    return [client, transportOf(await server.next())];
  });
}
