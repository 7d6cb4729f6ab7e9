import { after, before, describe } from "node:test";
import { tcpTransport } from "../../../src/transports/tcp/tcp-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";
import { loopbacks, SocketServer, transportOf } from "../socket-server.ts";

for (const { host, skip } of loopbacks) {
  describe(`over ${host}`, { skip }, () => {
    let server: SocketServer;
    before(async () => {
      server = await SocketServer.listen(host);
    });
    after(() => server[Symbol.asyncDispose]());

    describeTransport("tcp", async (signal) => {
      const client = await tcpTransport().dial({ host, port: server.port }, { signal });
      return [client, transportOf(await server.next())];
    });
  });
}
