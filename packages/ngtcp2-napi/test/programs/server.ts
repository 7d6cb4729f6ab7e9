// An echo server for tests that kill it: argv is JSON of {port?, resetSecret?}.

import { listen } from "../../lib/index.ts";
import { ca, echo, serverIdentity } from "../support.ts";

const { port = 0, resetSecret } = JSON.parse(process.argv[2] ?? "{}") as {
  port?: number;
  resetSecret?: string;
};
const server = listen(
  {
    host: "127.0.0.1",
    port,
    alpn: "test",
    ...serverIdentity,
    ...(resetSecret === undefined ? {} : { resetSecret: Buffer.from(resetSecret, "hex") }),
  },
  echo,
);
process.send?.({ port: server.address?.port, ca });
process.on("disconnect", () => process.exit());
