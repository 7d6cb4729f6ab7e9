import { after, before, describe } from "node:test";
import { listen, type QuicConnection, type QuicServer, unavailable } from "ngtcp2-napi";
import { makeCertificates } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { quicTransport } from "../../../src/transports/quic/quic-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";
import { serverEnd } from "../../support/quic-server-end.ts";

describe("over QUIC", { skip: unavailable() ?? false }, () => {
  const { ca, server: identity } = makeCertificates();
  const arrived: QuicConnection[] = [];
  const waiting: ((connection: QuicConnection) => void)[] = [];
  let server: QuicServer;

  before(() => {
    server = listen({ host: "127.0.0.1", alpn: "smb", ...identity }, (connection) => {
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push(connection);
      else waiter(connection);
    });
  });
  after(() => server.close());

  const next = (): Promise<QuicConnection> => {
    const connection = arrived.shift();
    return connection === undefined
      ? new Promise((resolve) => waiting.push(resolve))
      : Promise.resolve(connection);
  };

  describeTransport("quic", async (signal) => {
    const port = server.address?.port ?? 0;
    const factory = quicTransport({ ca: [ca], systemCa: false });
    const target = { host: "localhost", address: "127.0.0.1", port };
    const client = await factory.dial(target, { signal });
    return [client, serverEnd(await next())];
  });
});
