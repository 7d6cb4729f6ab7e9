import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  enumerateShares,
  getServerInfo,
  getShareInfo,
  SRVSVC,
} from "../../../src/core/rpc/interfaces/srvsvc.ts";
import {
  type LevelOperation,
  NetrServerGetInfo100,
  NetrServerGetInfo101,
  NetrServerGetInfo102,
  NetrShareEnum0,
  NetrShareEnum1,
  NetrShareEnum2,
  NetrShareGetInfo1,
  type ShareEnumRequest,
  type ShareEnumResponse,
  type ShareInfo1,
} from "../../../src/core/rpc/interfaces/srvsvc-operations.ts";
import { decodeNdr, encodeNdr } from "../../../src/core/rpc/ndr.ts";
import { encodeFault, type RequestPdu } from "../../../src/core/rpc/pdu.ts";
import { RpcClient } from "../../../src/core/rpc/rpc-client.ts";
import { WError, WErrorError, werrorName } from "../../../src/core/rpc/werror.ts";
import { FakePipe, responsePdus, type Service } from "./fake-pipe.ts";

const shares: readonly ShareInfo1[] = [
  { name: "pub", type: 0, remark: "Öffentliches" },
  { name: "lp", type: 1, remark: undefined },
  { name: "IPC$", type: 0x8000_0003, remark: "" },
  { name: "C$", type: 0x8000_0000, remark: "Default share" },
];

const listed = [
  { name: "pub", type: 0, typeName: "Disk", isSpecial: false, comment: "Öffentliches" },
  { name: "lp", type: 1, typeName: "Printer", isSpecial: false, comment: "" },
  { name: "IPC$", type: 0x8000_0003, typeName: "IPC", isSpecial: true, comment: "" },
  { name: "C$", type: 0x8000_0000, typeName: "Disk", isSpecial: true, comment: "Default share" },
];

type Refusal = { readonly werror: number } | { readonly fault: number };
type EnumOperation<T> = LevelOperation<ShareEnumRequest<T>, ShareEnumResponse<T>>;

/** The level that NetrShareEnum was asked for. */
function enumLevel({ stub }: RequestPdu): number {
  for (const operation of [NetrShareEnum0, NetrShareEnum1, NetrShareEnum2]) {
    try {
      return decodeNdr(operation.request, stub).info.level;
    } catch {
      // not this level
    }
  }
  throw new Error("no level");
}

function enumAnswer<T>(
  { callId }: RequestPdu,
  operation: EnumOperation<T>,
  entries: readonly T[],
): Uint8Array[] {
  const { level } = operation;
  const info = { level, tag: level, container: { count: entries.length, entries } };
  const message = { info, totalEntries: entries.length, resumeHandle: 0, result: WError.OK };
  return responsePdus(callId, encodeNdr(operation.response, message), 64);
}

function refuse<T>(
  { callId }: RequestPdu,
  operation: EnumOperation<T>,
  refusal: Refusal,
): Uint8Array[] {
  if ("fault" in refusal) return [encodeFault(callId, refusal.fault)];
  const { level } = operation;
  const info = { level, tag: level, container: { count: 0, entries: undefined } };
  const message = { info, totalEntries: 0, resumeHandle: undefined, result: refusal.werror };
  return responsePdus(callId, encodeNdr(operation.response, message));
}

/** A server that has the shares, and refuses some levels. Notes which level it was asked for. */
function shareServer(refusals: Readonly<Record<number, Refusal>>, asked: number[] = []): Service {
  const more = { permissions: 0, maxUses: 1, currentUses: 0, path: "C:\\x", password: undefined };
  return (request) => {
    const level = enumLevel(request);
    asked.push(level);
    const refusal = refusals[level];
    if (level === 0) {
      if (refusal !== undefined) return refuse(request, NetrShareEnum0, refusal);
      return enumAnswer(request, NetrShareEnum0, shares);
    }
    if (level === 1) {
      if (refusal !== undefined) return refuse(request, NetrShareEnum1, refusal);
      return enumAnswer(request, NetrShareEnum1, shares);
    }
    if (refusal !== undefined) return refuse(request, NetrShareEnum2, refusal);
    const entries = shares.map((share) => ({ ...share, ...more }));
    return enumAnswer(request, NetrShareEnum2, entries);
  };
}

function bind(service: Service): Promise<RpcClient> {
  return RpcClient.bind(new FakePipe(service, { chunk: 50 }), SRVSVC);
}

describe("the list of shares", () => {
  it("comes by level 1", async () => {
    const asked: number[] = [];
    const rpc = await bind(shareServer({}, asked));
    assert.deepEqual(await enumerateShares(rpc, "\\\\server"), listed);
    assert.deepEqual(asked, [1]);
  });

  it("comes by level 2 where level 1 is refused", async () => {
    for (const refusal of [{ werror: WError.INVALID_LEVEL }, { fault: 0x6f7 }]) {
      const rpc = await bind(shareServer({ 1: refusal }));
      assert.deepEqual(await enumerateShares(rpc, "\\\\server"), listed);
    }
  });

  it("comes by level 0, with what names tell, where nothing else is allowed", async () => {
    const asked: number[] = [];
    const refusals = { 1: { werror: WError.INVALID_LEVEL }, 2: { werror: WError.ACCESS_DENIED } };
    const rpc = await bind(shareServer(refusals, asked));
    const found = await enumerateShares(rpc, "\\\\server");
    assert.deepEqual(asked, [1, 2, 0]);
    assert.deepEqual(
      found.map(({ name, typeName, isSpecial }) => [name, typeName, isSpecial]),
      [
        ["pub", "Disk", false],
        ["lp", "Disk", false],
        ["IPC$", "IPC", true],
        ["C$", "Disk", false],
      ],
    );
  });

  it("that is refused at every level says what was said first", async () => {
    const denied = { werror: WError.ACCESS_DENIED };
    const rpc = await bind(shareServer({ 0: { fault: 5 }, 1: denied, 2: { fault: 0x6f7 } }));
    await assert.rejects(enumerateShares(rpc, "\\\\server"), {
      name: "WErrorError",
      message: "WERR_ACCESS_DENIED in NetrShareEnum",
      statusName: "NT_STATUS_ACCESS_DENIED",
      werror: 5,
    });
  });

  it("of a server that answers with another level is refused as malformed", async () => {
    const rpc = await bind((request) => enumAnswer(request, NetrShareEnum0, shares));
    await assert.rejects(enumerateShares(rpc, "\\\\server"), { code: "ERR_SMB_WIRE_FORMAT" });
  });

  it("may be empty", async () => {
    const rpc = await bind((request) => enumAnswer(request, NetrShareEnum1, []));
    assert.deepEqual(await enumerateShares(rpc, "\\\\server"), []);
  });
});

/** Answers in pages of two shares; `next` tells the handle that is given with a page. */
function pages(next: (handle: number) => number): Service {
  return ({ callId, stub }) => {
    const handle = decodeNdr(NetrShareEnum1.request, stub).resumeHandle ?? 0;
    const entries = shares.slice(handle, handle + 2);
    const result = handle + 2 < shares.length ? WError.MORE_DATA : WError.OK;
    const info = { level: 1, tag: 1, container: { count: entries.length, entries } };
    const message = { info, totalEntries: shares.length, resumeHandle: next(handle), result };
    return responsePdus(callId, encodeNdr(NetrShareEnum1.response, message));
  };
}

describe("a list of shares in pages", () => {
  it("is gone through with the resume handle", async () => {
    const rpc = await bind(pages((handle) => handle + 2));
    assert.deepEqual(await enumerateShares(rpc, "\\\\server"), listed);
  });

  it("that makes no progress ends", async () => {
    const rpc = await bind(pages((handle) => handle));
    await assert.rejects(enumerateShares(rpc, "\\\\server"), { code: "ERR_SMB_PROTOCOL" });
  });

  it("that announces more and sends nothing ends", async () => {
    const rpc = await bind(({ callId }) => {
      const info = { level: 1, tag: 1, container: undefined };
      const message = { info, totalEntries: 9, resumeHandle: 5, result: WError.MORE_DATA };
      return responsePdus(callId, encodeNdr(NetrShareEnum1.response, message));
    });
    await assert.rejects(enumerateShares(rpc, "\\\\server"), { code: "ERR_SMB_PROTOCOL" });
  });
});

const info101 = {
  platformId: 500,
  name: "LAB",
  versionMajor: 6,
  versionMinor: 1,
  type: 0x9a03,
  comment: "lab",
};
const info102 = {
  ...info101,
  users: 1,
  autoDisconnect: 15,
  isHidden: 0,
  announce: 0,
  announceDelta: 0,
  licenses: 0,
  userPath: "c:\\",
};

/** A server that describes itself at some levels only. */
function infoServer(levels: readonly number[]): Service {
  return (request) => {
    const { level } = decodeNdr(NetrServerGetInfo101.request, request.stub);
    const known = levels.includes(level);
    const result = known ? WError.OK : WError.INVALID_LEVEL;
    const answer = (stub: Uint8Array): Uint8Array[] => responsePdus(request.callId, stub);
    if (level === 100) {
      const value = known ? { platformId: 500, name: "LAB" } : undefined;
      return answer(
        encodeNdr(NetrServerGetInfo100.response, { info: { tag: 100, value }, result }),
      );
    }
    if (level === 101) {
      const value = known ? info101 : undefined;
      return answer(
        encodeNdr(NetrServerGetInfo101.response, { info: { tag: 101, value }, result }),
      );
    }
    const value = known ? info102 : undefined;
    return answer(encodeNdr(NetrServerGetInfo102.response, { info: { tag: 102, value }, result }));
  };
}

describe("what a server says of itself", () => {
  const whole = {
    platformId: 500,
    name: "LAB",
    version: { major: 6, minor: 1 },
    serverType: 0x9a03,
    comment: "lab",
  };

  it("is the same by level 101 and 102", async () => {
    for (const levels of [[101], [102], [100, 101, 102]]) {
      assert.deepEqual(await getServerInfo(await bind(infoServer(levels)), "s"), whole);
    }
  });

  it("is little by level 100", async () => {
    const info = await getServerInfo(await bind(infoServer([100])), "s");
    assert.deepEqual(info, { platformId: 500, name: "LAB" });
  });

  it("that is refused is an error", async () => {
    await assert.rejects(getServerInfo(await bind(infoServer([])), "s"), WErrorError);
  });

  it("that is missing from a success is an error", async () => {
    const rpc = await bind(({ callId }) => {
      const message = { info: { tag: 101, value: undefined }, result: WError.OK };
      return responsePdus(callId, encodeNdr(NetrServerGetInfo101.response, message));
    });
    await assert.rejects(getServerInfo(rpc, "s"), { code: "ERR_SMB_PROTOCOL" });
  });
});

describe("one share", () => {
  it("is asked for by its name", async () => {
    const rpc = await bind(({ callId, stub }) => {
      const { netName } = decodeNdr(NetrShareGetInfo1.request, stub);
      const value = shares.find(({ name }) => name === netName);
      const result = value === undefined ? 2310 : WError.OK;
      const message = { info: { tag: 1, value }, result };
      return responsePdus(callId, encodeNdr(NetrShareGetInfo1.response, message));
    });
    assert.deepEqual(await getShareInfo(rpc, "s", "C$"), listed[3]);
    await assert.rejects(getShareInfo(rpc, "s", "nosuch"), {
      werrorName: "WERR_NERR_NETNAMENOTFOUND",
      statusName: "NT_STATUS_BAD_NETWORK_NAME",
    });
  });
});

describe("a Win32 error", () => {
  it("without a name shows its number and is reported as unsuccessful", () => {
    assert.equal(werrorName(0xabc), "WERR_0x00000abc");
    assert.equal(new WErrorError(0xabc, "X").statusName, "NT_STATUS_UNSUCCESSFUL");
  });
});
