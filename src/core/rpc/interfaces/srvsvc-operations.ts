import type { NdrType } from "../ndr.ts";
import {
  conformantArray,
  literal,
  parameters,
  struct,
  uint32,
  unique,
  uniqueString,
  wideString,
} from "../ndr-types.ts";
import type { RpcOperation } from "../rpc-client.ts";

/** [MS-SRVS] 2.2.4.22 SHARE_INFO_0. */
export interface ShareInfo0 {
  readonly name: string | undefined;
}

/** [MS-SRVS] 2.2.4.23 SHARE_INFO_1. */
export interface ShareInfo1 extends ShareInfo0 {
  readonly type: number;
  readonly remark: string | undefined;
}

/** [MS-SRVS] 2.2.4.24 SHARE_INFO_2. */
export interface ShareInfo2 extends ShareInfo1 {
  readonly permissions: number;
  readonly maxUses: number;
  readonly currentUses: number;
  readonly path: string | undefined;
  readonly password: string | undefined;
}

const shareInfo0 = struct<ShareInfo0>({ name: uniqueString });
const shareInfo1 = struct<ShareInfo1>({ name: uniqueString, type: uint32, remark: uniqueString });
const shareInfo2 = struct<ShareInfo2>({
  name: uniqueString,
  type: uint32,
  remark: uniqueString,
  permissions: uint32,
  maxUses: uint32,
  currentUses: uint32,
  path: uniqueString,
  password: uniqueString,
});

/** [MS-SRVS] 2.2.4.32 and its like: a count, and the entries. */
export interface ShareContainer<T> {
  readonly count: number;
  readonly entries: readonly T[] | undefined;
}

/** [MS-SRVS] 2.2.4.38 SHARE_ENUM_STRUCT: the level, and again as the tag of the union. */
export interface ShareEnumInfo<T> {
  readonly level: number;
  readonly tag: number;
  readonly container: ShareContainer<T> | undefined;
}

export interface ShareEnumRequest<T> {
  readonly serverName: string | undefined;
  readonly info: ShareEnumInfo<T>;
  /** In bytes; 0xFFFFFFFF for everything. */
  readonly preferredMaximumLength: number;
  readonly resumeHandle: number | undefined;
}

export interface ShareEnumResponse<T> {
  readonly info: ShareEnumInfo<T>;
  readonly totalEntries: number;
  readonly resumeHandle: number | undefined;
  /** A Win32 error code. */
  readonly result: number;
}

/** One level of an operation whose answer depends on it. */
export interface LevelOperation<Q, R> extends RpcOperation<Q, R> {
  readonly level: number;
}

/** [MS-SRVS] 3.1.4.8 NetrShareEnum (Opnum 15). */
function netrShareEnum<T>(
  level: number,
  entry: NdrType<T>,
): LevelOperation<ShareEnumRequest<T>, ShareEnumResponse<T>> {
  const container = struct<ShareContainer<T>>({
    count: uint32, // EntriesRead
    entries: unique(conformantArray(entry)), // Buffer
  });
  const info = struct<ShareEnumInfo<T>>({
    level: literal(level), // Level
    tag: literal(level), // ShareInfo: the discriminant
    container: unique(container), // ShareInfo
  });
  return {
    name: "NetrShareEnum",
    opnum: 15,
    level,
    request: parameters<ShareEnumRequest<T>>({
      serverName: uniqueString, // ServerName
      info, // InfoStruct
      preferredMaximumLength: uint32, // PreferedMaximumLength
      resumeHandle: unique(uint32), // ResumeHandle
    }),
    response: parameters<ShareEnumResponse<T>>({
      info, // InfoStruct
      totalEntries: uint32, // TotalEntries
      resumeHandle: unique(uint32), // ResumeHandle
      result: uint32,
    }),
  };
}

export const NetrShareEnum0: LevelOperation<
  ShareEnumRequest<ShareInfo0>,
  ShareEnumResponse<ShareInfo0>
> = netrShareEnum(0, shareInfo0);
export const NetrShareEnum1: LevelOperation<
  ShareEnumRequest<ShareInfo1>,
  ShareEnumResponse<ShareInfo1>
> = netrShareEnum(1, shareInfo1);
export const NetrShareEnum2: LevelOperation<
  ShareEnumRequest<ShareInfo2>,
  ShareEnumResponse<ShareInfo2>
> = netrShareEnum(2, shareInfo2);

/** A union whose arms are pointers to structures: the tag, and what it leads to. */
export interface TaggedInfo<T> {
  readonly tag: number;
  readonly value: T | undefined;
}

function taggedInfo<T>(level: number, target: NdrType<T>): NdrType<TaggedInfo<T>> {
  return struct<TaggedInfo<T>>({ tag: literal(level), value: unique(target) });
}

export interface InfoResponse<T> {
  readonly info: TaggedInfo<T>;
  /** A Win32 error code. */
  readonly result: number;
}

export interface ServerGetInfoRequest {
  readonly serverName: string | undefined;
  readonly level: number;
}

/** [MS-SRVS] 2.2.4.40 SERVER_INFO_100. */
export interface ServerInfo100 {
  readonly platformId: number;
  readonly name: string | undefined;
}

/** [MS-SRVS] 2.2.4.41 SERVER_INFO_101. */
export interface ServerInfo101 extends ServerInfo100 {
  readonly versionMajor: number;
  readonly versionMinor: number;
  readonly type: number;
  readonly comment: string | undefined;
}

/** [MS-SRVS] 2.2.4.42 SERVER_INFO_102. */
export interface ServerInfo102 extends ServerInfo101 {
  readonly users: number;
  /** Minutes until an idle client is disconnected; 0xFFFFFFFF for never. */
  readonly autoDisconnect: number;
  readonly isHidden: number;
  readonly announce: number;
  readonly announceDelta: number;
  readonly licenses: number;
  readonly userPath: string | undefined;
}

/** [MS-SRVS] 3.1.4.17 NetrServerGetInfo (Opnum 21). */
function netrServerGetInfo<T>(
  level: number,
  info: NdrType<T>,
): LevelOperation<ServerGetInfoRequest, InfoResponse<T>> {
  return {
    name: "NetrServerGetInfo",
    opnum: 21,
    level,
    request: parameters<ServerGetInfoRequest>({ serverName: uniqueString, level: uint32 }),
    response: parameters<InfoResponse<T>>({ info: taggedInfo(level, info), result: uint32 }),
  };
}

export const NetrServerGetInfo100: LevelOperation<
  ServerGetInfoRequest,
  InfoResponse<ServerInfo100>
> = netrServerGetInfo(100, struct<ServerInfo100>({ platformId: uint32, name: uniqueString }));

export const NetrServerGetInfo101: LevelOperation<
  ServerGetInfoRequest,
  InfoResponse<ServerInfo101>
> = netrServerGetInfo(
  101,
  struct<ServerInfo101>({
    platformId: uint32,
    name: uniqueString,
    versionMajor: uint32,
    versionMinor: uint32,
    type: uint32,
    comment: uniqueString,
  }),
);

export const NetrServerGetInfo102: LevelOperation<
  ServerGetInfoRequest,
  InfoResponse<ServerInfo102>
> = netrServerGetInfo(
  102,
  struct<ServerInfo102>({
    platformId: uint32,
    name: uniqueString,
    versionMajor: uint32,
    versionMinor: uint32,
    type: uint32,
    comment: uniqueString,
    users: uint32,
    autoDisconnect: uint32,
    isHidden: uint32,
    announce: uint32,
    announceDelta: uint32,
    licenses: uint32,
    userPath: uniqueString,
  }),
);

export interface ShareGetInfoRequest {
  readonly serverName: string | undefined;
  readonly netName: string;
  readonly level: number;
}

/** [MS-SRVS] 3.1.4.10 NetrShareGetInfo (Opnum 16), level 1. */
export const NetrShareGetInfo1: LevelOperation<ShareGetInfoRequest, InfoResponse<ShareInfo1>> = {
  name: "NetrShareGetInfo",
  opnum: 16,
  level: 1,
  request: parameters<ShareGetInfoRequest>({
    serverName: uniqueString,
    netName: wideString,
    level: uint32,
  }),
  response: parameters<InfoResponse<ShareInfo1>>({
    info: taggedInfo(1, shareInfo1),
    result: uint32,
  }),
};
