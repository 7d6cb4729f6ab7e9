import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CreateContextName,
  encodeCreateContexts,
  findCreateContext,
  readCreateContexts,
} from "../../../src/core/smb2/create-contexts.ts";
import {
  decodeDurableHandleV2,
  durableHandleReconnect,
  durableHandleReconnectV2,
  durableHandleRequest,
  durableHandleRequestV2,
} from "../../../src/core/smb2/durable-handle-context.ts";
import { decodeLease, leaseContext } from "../../../src/core/smb2/lease-context.ts";
import {
  allocationSizeRequest,
  decodeMaximalAccess,
  decodeOnDiskId,
  decodePosixOpen,
  extendedAttributesRequest,
  maximalAccessRequest,
  onDiskIdRequest,
  posixRequest,
  securityDescriptorRequest,
  timewarpRequest,
} from "../../../src/core/smb2/open-contexts.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";

const KEY = "0a".repeat(16);
const GUID = "0b".repeat(16);

describe("create contexts", () => {
  const requests = [
    // [MS-SMB2] 2.2.13.2.3, .4, .11 and .12
    [durableHandleRequest(), "DHnQ", "00".repeat(16)],
    [durableHandleReconnect(sixteen(10)), "DHnC", KEY],
    [
      durableHandleRequestV2({ timeoutMs: 60_000, flags: 2, createGuid: sixteen(11) }),
      "DH2Q",
      `60ea0000 02000000 0000000000000000 ${GUID}`,
    ],
    [
      durableHandleReconnectV2({ fileId: sixteen(10), createGuid: sixteen(11), flags: 2 }),
      "DH2C",
      `${KEY} ${GUID} 02000000`,
    ],
    // 2.2.13.2.8 and 2.2.13.2.10
    [
      leaseContext({ leaseKey: sixteen(10), leaseState: 7, flags: 0 }),
      "RqLs",
      `${KEY} 07000000 00000000 0000000000000000`,
    ],
    [
      leaseContext({
        leaseKey: sixteen(10),
        leaseState: 3,
        flags: 4,
        v2: { parentLeaseKey: sixteen(11), epoch: 0x1234 },
      }),
      "RqLs",
      `${KEY} 03000000 04000000 0000000000000000 ${GUID} 3412 0000`,
    ],
    // 2.2.13.2.1, .2, .5, .6, .7 and .9
    [extendedAttributesRequest(fromHex("0102")), "ExtA", "0102"],
    [securityDescriptorRequest(fromHex("0304")), "SecD", "0304"],
    [maximalAccessRequest(), "MxAc", ""],
    [allocationSizeRequest(2 ** 32 + 1), "AlSi", "0100000001000000"],
    [timewarpRequest(0x0102_0304_0506_0708n), "TWrp", "0807060504030201"],
    [onDiskIdRequest(), "QFid", ""],
    [posixRequest(0o644), CreateContextName.POSIX, "a4010000"],
  ] as const;
  for (const [context, name, data] of requests) {
    it(`ask as the specification says: ${JSON.stringify(name)}, ${data.length / 2} bytes`, () => {
      assert.deepEqual(context, { name, data: fromHex(data) });
    });
  }

  it("are answered with leases of two versions", () => {
    const v1 = { leaseKey: sixteen(10), leaseState: 7, flags: 2 };
    assert.deepEqual(decodeLease(leaseContext(v1).data), v1);
    const v2 = { ...v1, v2: { parentLeaseKey: sixteen(11), epoch: 9 } };
    assert.deepEqual(decodeLease(leaseContext(v2).data), v2);
    for (const length of [0, 31, 33, 51, 53]) {
      assert.throws(() => decodeLease(new Uint8Array(length)), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });

  it("are answered with a durable handle, maximal access and a file's id", () => {
    assert.deepEqual(decodeDurableHandleV2(fromHex("60ea0000 02000000")), {
      timeoutMs: 60_000,
      flags: 2,
    });
    assert.deepEqual(decodeMaximalAccess(fromHex("220000c0 ff011f00")), {
      queryStatus: 0xc000_0022,
      maximalAccess: 0x1f_01ff,
    });
    const id = decodeOnDiskId(fromHex(`0102030405060708 1112131415161718 ${"00".repeat(16)}`));
    assert.deepEqual(id, {
      diskFileId: 0x0807_0605_0403_0201n,
      volumeId: 0x1817_1615_1413_1211n,
    });
    for (const decode of [decodeDurableHandleV2, decodeMaximalAccess, decodeOnDiskId]) {
      assert.throws(() => decode(new Uint8Array(7)), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });

  it("are answered with what POSIX knows", () => {
    const owner = "01 02 000000000005 15000000 e8030000";
    const group = "01 01 000000000001 00000000";
    const data = fromHex(`02000000 00000000 ed010000 ${owner} ${group}`);
    assert.deepEqual(decodePosixOpen(data), {
      numberOfLinks: 2,
      reparseTag: 0,
      mode: 0o755,
      ownerSid: fromHex(owner),
      groupSid: fromHex(group),
    });
    for (let length = 0; length < data.length; length += 1) {
      assert.throws(() => decodePosixOpen(data.subarray(0, length)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("are found by name", () => {
    const contexts = readCreateContexts(
      encodeCreateContexts([maximalAccessRequest(), allocationSizeRequest(5), posixRequest(1)]),
    );
    assert.deepEqual(findCreateContext(contexts, "AlSi"), fromHex("0500000000000000"));
    assert.deepEqual(findCreateContext(contexts, CreateContextName.POSIX), fromHex("01000000"));
    assert.deepEqual(findCreateContext(contexts, "MxAc"), new Uint8Array(0));
    assert.equal(findCreateContext(contexts, "RqLs"), undefined);
  });

  it("keep what is not known", () => {
    const list = fromHex("00000000 1000 0400 0000 1800 03000000 58596161 00000000 010203");
    assert.deepEqual(readCreateContexts(list), [{ name: "XYaa", data: fromHex("010203") }]);
  });

  it("are refused where the chain goes back, stands still or leaves", () => {
    for (const next of ["01000000", "0f000000", "18000000", "ffffffff"]) {
      const list = fromHex(`${next} 1000 0400 0000 0000 00000000 4d784163 00000000`);
      assert.throws(() => readCreateContexts(list), { code: "ERR_SMB_WIRE_FORMAT" }, next);
    }
  });

  it("are refused with an absurd name", () => {
    const list = new Uint8Array(1024);
    list.set(fromHex("00000000 1000 0102"));
    assert.throws(() => readCreateContexts(list), { code: "ERR_SMB_WIRE_FORMAT" });
  });
});
