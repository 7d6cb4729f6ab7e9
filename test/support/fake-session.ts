import { type ClientOptions, SmbClient } from "../../src/core/client.ts";
import { Command } from "../../src/core/smb2/constants.ts";
import { FakeServer, type FakeServerOptions } from "./fake-server.ts";

const FILE_ID = new Uint8Array(16).fill(9);
/** A good CREATE response. */
export const CREATED = {
  oplockLevel: 0,
  flags: 0,
  createAction: 1,
  creationTime: 0n,
  lastAccessTime: 0n,
  lastWriteTime: 0n,
  changeTime: 0n,
  allocationSize: 0,
  endOfFile: 1 << 20,
  fileAttributes: 0x80,
  fileId: FILE_ID,
  createContexts: [],
};
/** A good CLOSE response. */
export const CLOSED = { ...CREATED, flags: 0 };

/** A client logged on to a fake server, with a share. */
export async function connected(
  options: FakeServerOptions & { readonly prepare?: (server: FakeServer) => void } = {},
  client: Partial<ClientOptions> = {},
) {
  const server = new FakeServer(options);
  server.on(Command.CREATE, ({ reply }) => reply({ body: CREATED }));
  server.on(Command.CLOSE, ({ reply }) => reply({ body: CLOSED }));
  options.prepare?.(server);
  const smb = await SmbClient.connect(
    { host: "server" },
    {
      transports: [server.factory()],
      order: [{ kind: "memory" }],
      credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      ...client,
    },
  );
  return { server, client: smb, tree: await smb.connectTree("share") };
}

/** The same with a file open. */
export async function openFile(
  options: Parameters<typeof connected>[0] = {},
  client: Partial<ClientOptions> = {},
) {
  const all = await connected(options, client);
  return { ...all, file: await all.tree.openFile("f", { access: 1 }) };
}
