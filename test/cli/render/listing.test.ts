import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatBlocks, Listing } from "../../../src/cli/render/listing.ts";
import { type DirectoryEntry, FileAttributes } from "../../../src/core/index.ts";
import { LEAP_DAY } from "../../support/fake-tree.ts";

process.env["TZ"] = "UTC";

const own = { padsByBytes: false, rawNames: false };

function entry(name: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return {
    name,
    shortName: "",
    reparseTag: 0,
    attributes: FileAttributes.NORMAL,
    size: 12,
    allocationSize: 0,
    creationTime: 0n,
    lastAccessTime: 0n,
    lastWriteTime: LEAP_DAY,
    changeTime: 0n,
    fileId: 0n,
    ...more,
  };
}

function line(name: string, more: Partial<DirectoryEntry> = {}, style = own): string {
  return new Listing(style).format([entry(name, more)]);
}

describe("a line of ls", () => {
  const directory = { attributes: FileAttributes.DIRECTORY, size: 0 };
  const rows: readonly (readonly [string, Partial<DirectoryEntry>, string])[] = [
    [
      ".",
      directory,
      "  .                                   D        0  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "hello.txt",
      {},
      "  hello.txt                           N       12  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "big.bin",
      { size: 3_000_000 },
      "  big.bin                             N  3000000  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "r.doc",
      { attributes: 0x27, size: 5 },
      "  r.doc                            AHSR        5  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "a name that is longer than thirty characters.txt",
      {},
      "  a name that is longer than thirty characters.txt      N       12  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "huge",
      { size: 5_368_709_120 },
      "  huge                                N 5368709120  Thu Feb 29 12:34:56 2024\n",
    ],
    [
      "unset",
      { lastWriteTime: 0n },
      "  unset                               N       12  Thu Jan  1 00:00:00 1970\n",
    ],
  ];
  for (const [name, more, expected] of rows) {
    it(`shows ${name} as smbclient does`, () => {
      assert.equal(line(name, more), expected);
    });
  }

  it("shows control characters, unless a script wants the raw name", () => {
    assert.match(line("a\x1b[2Jb\nc"), /^ {2}a\\x1b\[2Jb\\x0ac /);
    const raw = line("a\x1bb", {}, { padsByBytes: true, rawNames: true });
    assert.ok(raw.startsWith("  a\x1bb "));
  });

  it("pads wide and combining characters by columns, or by bytes as smbclient does", () => {
    const column = (text: string) => text.indexOf(" N ");
    const plain = column(line("ab"));
    // Two characters that take four columns, and six bytes.
    assert.equal(column(line("日本")), plain - 2);
    assert.equal(column(line("日本", {}, { padsByBytes: true, rawNames: true })), plain - 4);
    assert.equal(column(line("e\u0301")), plain + 1);
  });

  it("cuts attributes to seven letters", () => {
    const text = line("all", { attributes: 0xffff });
    assert.equal(text.length, line("one").length);
  });

  it("writes 50,000 entries of different times in a fraction of a second", () => {
    const second = 10_000_000n;
    const entries = Array.from({ length: 50_000 }, (_, n) =>
      entry(`file-${n}.txt`, { lastWriteTime: LEAP_DAY - BigInt(n) * 977n * second }),
    );
    // Time on the processor: the machine may be busy with other tests.
    const before = process.cpuUsage();
    const text = new Listing(own).format(entries);
    const { user, system } = process.cpuUsage(before);
    assert.equal(text.split("\n").length, 50_001);
    assert.ok(user + system < 1_000_000, `took ${user + system} µs`);
  });
});

it("the blocks close a listing", () => {
  const size = { totalUnits: 10, availableUnits: 4, sectorsPerUnit: 2, bytesPerSector: 512 };
  assert.equal(formatBlocks(size), "\n\t\t10 blocks of size 1024. 4 blocks available\n");
});
