import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeFileNotifyInformation } from "../../../src/core/smb2/change-notify.ts";
import { decodeBody } from "../../../src/core/smb2/codec.ts";
import {
  decodeSymbolicLinkError,
  ErrorResponse,
  neededBufferSize,
} from "../../../src/core/smb2/error-response.ts";
import { decodeBreakNotification } from "../../../src/core/smb2/oplock-break.ts";
import { ReadResponse } from "../../../src/core/smb2/read.ts";
import { writeData } from "../../../src/core/smb2/write.ts";
import { fromHex, sixteen } from "../../golden/golden-row.ts";

const HEADER = "00".repeat(64);
const ID = "07".repeat(16);

describe("the data of a READ response", () => {
  it("is a view of the message", () => {
    const message = fromHex(`${HEADER} 1100 50 00 02000000 00000000 00000000 aabb`);
    const { data } = decodeBody(message, ReadResponse);
    assert.equal(data.buffer, message.buffer);
    assert.equal(data.byteOffset, message.byteOffset + 0x50);
  });

  it("does not lie inside the header or the fields", () => {
    for (const offset of ["00", "40", "4f"]) {
      const message = fromHex(`${HEADER} 1100 ${offset} 00 01000000 00000000 00000000 aabb`);
      assert.throws(() => decodeBody(message, ReadResponse), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });

  it("may lie behind a gap", () => {
    const message = fromHex(`${HEADER} 1100 52 00 01000000 00000000 00000000 0000 aa`);
    assert.deepEqual(decodeBody(message, ReadResponse).data, fromHex("aa"));
  });
});

describe("the data of a WRITE request", () => {
  const fixed = `${HEADER} 3100 7000 02000000 0000000000000000 ${ID} 00000000 00000000 0000 0000 00000000`;

  it("follows the fields", () => {
    assert.deepEqual(writeData(fromHex(`${fixed} aabb`)), fromHex("aabb"));
  });

  it("is refused where it is missing or overlaps them", () => {
    assert.throws(() => writeData(fromHex(`${fixed} aa`)), { code: "ERR_SMB_WIRE_FORMAT" });
    const overlapping = fromHex(`${fixed} aabb`);
    overlapping[66] = 0x6f;
    assert.throws(() => writeData(overlapping), { code: "ERR_SMB_WIRE_FORMAT" });
  });
});

describe("FILE_NOTIFY_INFORMATION", () => {
  const first = "10000000 04000000 04000000 61006200";
  const second = "00000000 05000000 06000000 610062006300";

  it("is a chain", () => {
    assert.deepEqual(decodeFileNotifyInformation(fromHex(first + second)), [
      { action: 4, fileName: "ab" },
      { action: 5, fileName: "abc" },
    ]);
    assert.deepEqual(decodeFileNotifyInformation(new Uint8Array(0)), []);
  });

  it("is refused where it ends too early", () => {
    const whole = fromHex(first + second);
    for (let length = 1; length < whole.length; length += 1) {
      assert.throws(() => decodeFileNotifyInformation(whole.subarray(0, length)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });

  it("is refused where an entry lies inside the one before it", () => {
    for (const next of ["01000000", "0f000000", "ffffffff"]) {
      const chain = fromHex(`${next} 04000000 04000000 61006200 ${second}`);
      assert.throws(() => decodeFileNotifyInformation(chain), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });
});

describe("an ERROR response", () => {
  function error(body: string): ErrorResponse {
    return decodeBody(fromHex(HEADER + body), ErrorResponse);
  }

  it("tells how large a buffer must be, in every dialect's form", () => {
    assert.equal(neededBufferSize(error("0900 0000 04000000 18010000")), 280);
    assert.equal(neededBufferSize(error("0900 0100 0c000000 04000000 00000000 18010000")), 280);
    assert.equal(neededBufferSize(error("0900 0000 00000000 00")), undefined);
    assert.equal(neededBufferSize(error("0900 0000 02000000 1801")), undefined);
  });

  it("does not count contexts that are not there", () => {
    assert.throws(() => error("0900 ff00 08000000 00000000 00000000"), {
      code: "ERR_SMB_WIRE_FORMAT",
    });
  });

  // [MS-SMB2] 2.2.2.2.1: a link to \??\C:\, shown as C:\, met with four characters to go.
  const symlink = fromHex(`2c000000 53594d4c 0c0000a0 2000 0800
    0000 0e00 0e00 0600 00000000
    5c003f003f005c0043003a005c00 43003a005c00`);

  it("tells where a symbolic link leads", () => {
    assert.deepEqual(decodeSymbolicLinkError(symlink), {
      unparsedPathLength: 4,
      substituteName: "\\??\\C:\\",
      printName: "C:\\",
      isRelative: false,
    });
  });

  it("is refused where the link is none, or cut short", () => {
    for (let length = 0; length < symlink.length; length += 1) {
      assert.throws(() => decodeSymbolicLinkError(symlink.subarray(0, length)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
    for (const at of [4, 8]) {
      const wrong = symlink.slice();
      wrong[at] = 0x99;
      assert.throws(() => decodeSymbolicLinkError(wrong), { code: "ERR_SMB_WIRE_FORMAT" });
    }
  });
});

describe("a break notification", () => {
  it("is of an oplock or of a lease, by its StructureSize", () => {
    assert.deepEqual(decodeBreakNotification(fromHex(`${HEADER} 1800 01 00 00000000 ${ID}`)), {
      kind: "oplock",
      oplockLevel: 1,
      fileId: sixteen(7),
    });
    const lease = `2c00 0200 01000000 ${ID} 07000000 01000000 000000000000000000000000`;
    assert.deepEqual(decodeBreakNotification(fromHex(HEADER + lease)), {
      kind: "lease",
      newEpoch: 2,
      flags: 1,
      leaseKey: sixteen(7),
      currentLeaseState: 7,
      newLeaseState: 1,
    });
  });

  it("is refused in any other size", () => {
    for (const body of ["", "24", "2400", `2400 ${"00".repeat(40)}`]) {
      assert.throws(() => decodeBreakNotification(fromHex(HEADER + body)), {
        code: "ERR_SMB_WIRE_FORMAT",
      });
    }
  });
});
