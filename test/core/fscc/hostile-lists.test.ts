import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DirectoryEntry,
  decodeDirectory,
  decodeFileNames,
  decodeIdBothDirectory,
  encodeDirectory,
} from "../../../src/core/fscc/directory-information.ts";
import { decodeFullEa } from "../../../src/core/fscc/extended-attributes.ts";
import { FileInformationClass } from "../../../src/core/fscc/file-information-class.ts";
import { decodeFsSize } from "../../../src/core/fscc/file-system-information.ts";
import {
  decodeCopyChunkCopy,
  decodeValidateNegotiateInfoRequest,
} from "../../../src/core/fscc/fsctl.ts";
import { decodeReparsePoint } from "../../../src/core/fscc/reparse-point.ts";
import { decodeSecurityDescriptor } from "../../../src/core/fscc/security-descriptor.ts";
import { decodeFileStreams } from "../../../src/core/fscc/stream-information.ts";
import { isFileSize } from "../../../src/core/wire/file-size.ts";
import { fromHex } from "../../support/hex.ts";

const WIRE_FORMAT = { code: "ERR_SMB_WIRE_FORMAT" };

const plain: DirectoryEntry = {
  name: "file.txt",
  shortName: "",
  reparseTag: 0,
  attributes: 0x20,
  size: 1,
  allocationSize: 4096,
  creationTime: 1n,
  lastAccessTime: 2n,
  lastWriteTime: 3n,
  changeTime: 4n,
  fileId: 5n,
};

/** Two entries of FileIdBothDirectoryInformation, with `bytes` written over them at `at`. */
function listing(at: number, bytes: string): Uint8Array {
  const two = [plain, { ...plain, name: "other" }];
  const buffer = encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, two);
  buffer.set(fromHex(bytes), at);
  return buffer;
}

describe("a directory listing", () => {
  it("of no bytes is empty", () => {
    assert.deepEqual(decodeIdBothDirectory(new Uint8Array(0)), []);
    assert.deepEqual(decodeFileNames(new Uint8Array(0)), []);
  });

  it("of many entries comes back whole, whatever their names", () => {
    const names = ["", ".", "..", "ö", "日本語", "😀", "\ud800", "a/b", "a\0b", "x".repeat(255)];
    const many = Array.from({ length: 3000 }, (_, index) => ({
      ...plain,
      name: `${names[index % names.length]}${index}`,
      fileId: BigInt(index),
      size: index * 2 ** 40,
    }));
    const bytes = encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, many);
    assert.deepStrictEqual(decodeIdBothDirectory(bytes), many);
  });

  it("keeps the unpaired surrogate of a name, so that the file can be opened", () => {
    const entries = [{ ...plain, name: "a\ud800b" }];
    const bytes = encodeDirectory(FileInformationClass.DIRECTORY, entries);
    assert.equal(decodeDirectory(FileInformationClass.DIRECTORY, bytes)[0]?.name, "a\ud800b");
  });

  const broken: readonly [string, number, string][] = [
    ["leads back into the entry", 0, "68000000"],
    ["leads to the entry itself", 0, "01000000"],
    ["leads to the end", 0, "f2000000"],
    ["leads behind the end", 0, "00100000"],
    ["is the largest number", 0, "ffffffff"],
    ["of the last entry is not zero", 0x78, "70000000"],
  ];
  for (const [what, at, bytes] of broken) {
    it(`is refused where NextEntryOffset ${what}`, () => {
      assert.throws(() => decodeIdBothDirectory(listing(at, bytes)), WIRE_FORMAT);
    });
  }

  it("is refused where a name reaches into the next entry", () => {
    assert.throws(() => decodeIdBothDirectory(listing(60, "20000000")), WIRE_FORMAT);
  });

  it("is refused where a name lies outside or is half a character", () => {
    for (const length of ["00100000", "ffffffff", "feffffff", "0f000000"]) {
      assert.throws(() => decodeIdBothDirectory(listing(60, length)), WIRE_FORMAT, length);
    }
  });

  it("is refused where a short name is too long or half a character", () => {
    for (const length of ["1a", "ff", "03"]) {
      assert.throws(() => decodeIdBothDirectory(listing(68, length)), WIRE_FORMAT, length);
    }
  });

  it("keeps an entry whose size no file can have, and does not pass it for a size", () => {
    for (const size of ["0000000000002000", "ffffffffffffffff", "ffffffffffff1f00"]) {
      const [endOfFile] = decodeIdBothDirectory(listing(40, size));
      assert.equal(isFileSize(endOfFile?.size ?? 0), false, size);
      const [allocation] = decodeIdBothDirectory(listing(48, size));
      assert.equal(isFileSize(allocation?.allocationSize ?? 0), false, size);
      assert.equal(isFileSize(allocation?.size ?? -1), true, size);
    }
    const [largest] = decodeIdBothDirectory(listing(40, "feffffffffff1f00"));
    assert.equal(largest?.size, Number.MAX_SAFE_INTEGER - 1);
  });
});

describe("a list of streams or extended attributes", () => {
  it("of no bytes is empty", () => {
    assert.deepEqual(decodeFileStreams(new Uint8Array(0)), []);
    assert.deepEqual(decodeFullEa(new Uint8Array(0)), []);
  });

  it("is refused where an entry reaches into the next one", () => {
    const reaching = "0c000000 00 04 0200 41424300 0102 0000 00000000 00 01 0000 4100";
    assert.throws(() => decodeFullEa(fromHex(reaching)), WIRE_FORMAT);
  });

  it("is refused where a chain leads back or outside", () => {
    for (const next of ["01000000", "03000000", "18000000", "ffffffff"]) {
      const bytes = fromHex(`${next} 00000000 0000000000000000 0000000000000000`);
      assert.throws(() => decodeFileStreams(bytes), WIRE_FORMAT, next);
    }
  });

  it("is refused where a name does not end", () => {
    assert.throws(() => decodeFullEa(fromHex("00000000 00 01 0000 4142")), WIRE_FORMAT);
  });

  it("is refused where a stream's name is half a character", () => {
    const bytes = fromHex("00000000 01000000 0000000000000000 0000000000000000 41");
    assert.throws(() => decodeFileStreams(bytes), WIRE_FORMAT);
  });
});

describe("counts that announce more than there is", () => {
  it("are refused before anything is allocated", () => {
    const dialects = fromHex(`00000000 ${"00".repeat(16)} 0000 ffff 0202`);
    assert.throws(() => decodeValidateNegotiateInfoRequest(dialects), WIRE_FORMAT);
    const chunks = fromHex(`${"00".repeat(24)} ffffffff 00000000 ${"00".repeat(24)}`);
    assert.throws(() => decodeCopyChunkCopy(chunks), WIRE_FORMAT);
    const acl = fromHex(`0100 0480 00000000 00000000 00000000 14000000 02 00 0800 ffff 0000`);
    assert.throws(() => decodeSecurityDescriptor(acl), WIRE_FORMAT);
  });
});

describe("a security descriptor", () => {
  const descriptor = (dacl: string): Uint8Array =>
    fromHex(`0100 0480 00000000 00000000 00000000 14000000 ${dacl}`);

  it("with a null list has none", () => {
    const bytes = fromHex("0100 0480 00000000 00000000 00000000 00000000");
    assert.deepStrictEqual(decodeSecurityDescriptor(bytes), { revision: 1, control: 0x8004 });
  });

  it("is refused where a list or an entry is smaller than its header", () => {
    assert.throws(() => decodeSecurityDescriptor(descriptor("02 00 0700 0000 0000")), WIRE_FORMAT);
    const entry = descriptor("02 00 0c00 0100 0000 00 00 0300");
    assert.throws(() => decodeSecurityDescriptor(entry), WIRE_FORMAT);
  });

  it("is refused where an owner lies outside", () => {
    const bytes = fromHex("0100 0080 ffffffff 00000000 00000000 00000000");
    assert.throws(() => decodeSecurityDescriptor(bytes), WIRE_FORMAT);
  });
});

describe("a reparse point", () => {
  it("is refused where a name lies outside the data or is half a character", () => {
    const outside = "0c0000a0 1000 0000 0000 0400 0200 0400 00000000 61006200";
    assert.throws(() => decodeReparsePoint(fromHex(outside)), WIRE_FORMAT);
    const half = "0c0000a0 0e00 0000 0000 0100 0000 0000 00000000 6100";
    assert.throws(() => decodeReparsePoint(fromHex(half)), WIRE_FORMAT);
  });
});

describe("the size of a volume", () => {
  it("without a limit is the largest number, not an error", () => {
    const bytes = fromHex("ffffffffffffffff ffffffffffffff7f 01000000 00020000");
    assert.deepStrictEqual(decodeFsSize(bytes), {
      totalUnits: Number.MAX_SAFE_INTEGER,
      availableUnits: Number.MAX_SAFE_INTEGER,
      sectorsPerUnit: 1,
      bytesPerSector: 512,
    });
  });
});
