import { ProtocolError } from "../../errors.ts";
import type { RpcClient, RpcInterface } from "../rpc-client.ts";
import { RpcFaultError } from "../rpc-fault.ts";
import { WError, WErrorError } from "../werror.ts";
import {
  type LevelOperation,
  NetrServerGetInfo100,
  NetrServerGetInfo101,
  NetrServerGetInfo102,
  NetrShareEnum0,
  NetrShareEnum1,
  NetrShareEnum2,
  NetrShareGetInfo1,
  type ServerInfo100,
  type ServerInfo101,
  type ShareEnumRequest,
  type ShareEnumResponse,
  type ShareInfo0,
  type ShareInfo1,
} from "./srvsvc-operations.ts";

/** [MS-SRVS] 1.9: the Server Service. */
export const SRVSVC: RpcInterface = {
  name: "srvsvc",
  syntax: { uuid: "4b324fc8-1670-01d3-1278-5a47bf6ee188", major: 3, minor: 0 },
};

/** [MS-SRVS] 2.2.2.4 Share types. */
export const ShareTypeFlags = {
  DISKTREE: 0x0000_0000,
  PRINTQ: 0x0000_0001,
  DEVICE: 0x0000_0002,
  IPC: 0x0000_0003,
  CLUSTER_FS: 0x0200_0000,
  CLUSTER_SOFS: 0x0400_0000,
  CLUSTER_DFS: 0x0800_0000,
  TEMPORARY: 0x4000_0000,
  SPECIAL: 0x8000_0000,
} as const;

/** A share as its server describes it. */
export interface ShareInfo {
  readonly name: string;
  /** [MS-SRVS] 2.2.2.4, with its flags. */
  readonly type: number;
  readonly typeName: "Disk" | "Printer" | "Device" | "IPC";
  /** Made by the server itself: `IPC$`, `C$`, `ADMIN$`. */
  readonly isSpecial: boolean;
  readonly comment: string;
}

/** [MS-SRVS] 2.2.4.40 to 2.2.4.42: what a server says of itself. */
export interface ServerInfo {
  /** 500 is Windows NT, and Samba. */
  readonly platformId: number;
  readonly name: string;
  /** undefined where the server answers level 100 only. */
  readonly version?: { readonly major: number; readonly minor: number };
  /** [MS-SRVS] 2.2.2.7: the roles it announces. */
  readonly serverType?: number;
  readonly comment?: string;
}

const TYPE_NAMES = ["Disk", "Printer", "Device", "IPC"] as const;
/** Low bits of a share's type: what it is, without what it is like. */
const TYPE_MASK = 0x0000_ffff;
/** A server that announces more pages than this makes no progress. */
const MAX_PAGES = 10_000;

/**
 * The shares of a server ([MS-SRVS] 3.1.4.8): level 1; where that is refused, level 2 (administrators
 * only), then level 0, which has names alone.
 *
 * @throws {WErrorError | RpcFaultError} where the server refuses every level; what it said to level 1
 */
export function enumerateShares(
  rpc: RpcClient,
  server: string,
  signal?: AbortSignal,
): Promise<ShareInfo[]> {
  return firstOf([
    () => enumerate(rpc, server, NetrShareEnum1, signal),
    () => enumerate(rpc, server, NetrShareEnum2, signal),
    () => enumerate(rpc, server, NetrShareEnum0, signal),
  ]);
}

/**
 * What the server says of itself ([MS-SRVS] 3.1.4.17): level 101; where that is refused, level 102,
 * then level 100.
 *
 * @throws {WErrorError | RpcFaultError} where the server refuses every level
 */
export function getServerInfo(
  rpc: RpcClient,
  server: string,
  signal?: AbortSignal,
): Promise<ServerInfo> {
  return firstOf(
    [NetrServerGetInfo101, NetrServerGetInfo102, NetrServerGetInfo100].map(
      (operation) => async (): Promise<ServerInfo> => {
        const { info, result } = await rpc.call(
          operation,
          { serverName: server, level: operation.level },
          signal,
        );
        if (result !== WError.OK) throw new WErrorError(result, operation.name);
        if (info.value === undefined) throw new ProtocolError(`${operation.name} without a result`);
        return toServerInfo(info.value);
      },
    ),
  );
}

/**
 * One share ([MS-SRVS] 3.1.4.10), level 1.
 *
 * @throws {WErrorError} where there is no such share, or where it may not be asked about
 */
export async function getShareInfo(
  rpc: RpcClient,
  server: string,
  share: string,
  signal?: AbortSignal,
): Promise<ShareInfo> {
  const request = { serverName: server, netName: share, level: 1 };
  const { info, result } = await rpc.call(NetrShareGetInfo1, request, signal);
  if (result !== WError.OK) throw new WErrorError(result, "NetrShareGetInfo");
  if (info.value === undefined) throw new ProtocolError("NetrShareGetInfo without a result");
  return toShareInfo(info.value);
}

/** Goes through the pages of one level, as long as the server says that there is more. */
async function enumerate<T extends ShareInfo0 & Partial<ShareInfo1>>(
  rpc: RpcClient,
  server: string,
  operation: LevelOperation<ShareEnumRequest<T>, ShareEnumResponse<T>>,
  signal: AbortSignal | undefined,
): Promise<ShareInfo[]> {
  const shares: ShareInfo[] = [];
  let resumeHandle = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const response = await rpc.call(
      operation,
      {
        serverName: server,
        info: { level: operation.level, tag: operation.level, container: NO_SHARES },
        preferredMaximumLength: 0xffff_ffff,
        resumeHandle,
      },
      signal,
    );
    const { result } = response;
    if (result !== WError.OK && result !== WError.MORE_DATA) {
      throw new WErrorError(result, operation.name);
    }
    const entries = response.info.container?.entries ?? [];
    for (const entry of entries) shares.push(toShareInfo(entry));
    if (result === WError.OK) return shares;
    const next = response.resumeHandle ?? 0;
    if (entries.length === 0 || next === resumeHandle) break;
    resumeHandle = next;
  }
  throw new ProtocolError("The server announces more shares and does not send them");
}

const NO_SHARES = { count: 0, entries: undefined };

/** The first that succeeds. A refusal leads to the next one, the first refusal is what is thrown. */
async function firstOf<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  let refusal: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WErrorError || error instanceof RpcFaultError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

function toShareInfo(entry: ShareInfo0 & Partial<ShareInfo1>): ShareInfo {
  const name = entry.name ?? "";
  // Level 0 does not tell the type: IPC$ is known by its name, and a trailing $ hides a share.
  const type =
    entry.type ?? (name.toUpperCase() === "IPC$" ? SPECIAL_IPC : ShareTypeFlags.DISKTREE);
  return {
    name,
    type,
    typeName: TYPE_NAMES[type & TYPE_MASK] ?? "Disk",
    isSpecial: (type & ShareTypeFlags.SPECIAL) !== 0,
    comment: entry.remark ?? "",
  };
}

const SPECIAL_IPC = (ShareTypeFlags.SPECIAL | ShareTypeFlags.IPC) >>> 0;

function toServerInfo(info: ServerInfo100 & Partial<ServerInfo101>): ServerInfo {
  const { platformId, name = "", versionMajor, versionMinor, type, comment } = info;
  return {
    platformId,
    name,
    ...(versionMajor !== undefined &&
      versionMinor !== undefined && { version: { major: versionMajor, minor: versionMinor } }),
    ...(type !== undefined && { serverType: type }),
    ...(comment !== undefined && { comment }),
  };
}
