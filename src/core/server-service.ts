import type { CallerOptions, SmbClient } from "./client.ts";
import { Pipe } from "./file/pipe.ts";
import {
  enumerateShares,
  getServerInfo,
  type ServerInfo,
  type ShareInfo,
  SRVSVC,
} from "./rpc/interfaces/srvsvc.ts";
import { RpcClient } from "./rpc/rpc-client.ts";
import { serverNameOf } from "./transport.ts";

/** The shares that the server tells this user about ([MS-SRVS] 3.1.4.8). */
export function listShares(client: SmbClient, options: CallerOptions): Promise<ShareInfo[]> {
  return withServerService(client, options, (rpc) =>
    enumerateShares(rpc, `\\\\${serverNameOf(client.target)}`, options.signal),
  );
}

/** Name, version and comment of the server ([MS-SRVS] 3.1.4.17). */
export function serverInfo(client: SmbClient, options: CallerOptions): Promise<ServerInfo> {
  return withServerService(client, options, (rpc) =>
    getServerInfo(rpc, `\\\\${serverNameOf(client.target)}`, options.signal),
  );
}

async function withServerService<T>(
  client: SmbClient,
  options: CallerOptions,
  use: (rpc: RpcClient) => Promise<T>,
): Promise<T> {
  const ipc = await client.connectTree("IPC$", options);
  try {
    await using pipe = await Pipe.open(ipc, "srvsvc", options);
    return await use(await RpcClient.bind(pipe, SRVSVC, options.signal));
  } finally {
    await client.disconnectTree(ipc).catch(() => {});
  }
}
