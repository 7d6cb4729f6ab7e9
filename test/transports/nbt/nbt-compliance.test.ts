import { after, before, describe } from "node:test";
import { nbtTransport } from "../../../src/transports/nbt/nbt-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";
import { loopbacks, readExactly, SocketServer, transportOf } from "../socket-server.ts";

const REQUEST_LENGTH = 72;
const POSITIVE_RESPONSE = Uint8Array.of(0x82, 0, 0, 0);

for (const { host, skip } of loopbacks) {
  describe(`over ${host}`, { skip }, () => {
    let server: SocketServer;
    before(async () => {
      server = await SocketServer.listen(host);
    });
    after(() => server[Symbol.asyncDispose]());

    describeTransport("nbt", async (signal) => {
      const dialling = nbtTransport().dial({ host, port: server.port }, { signal });
      if (signal.aborted) await dialling;
      const socket = await server.next();
      await readExactly(socket, REQUEST_LENGTH);
      socket.write(POSITIVE_RESPONSE);
      return [await dialling, transportOf(socket, "nbt")];
    });
  });
}
