import assert from "node:assert/strict";
import { resolve, sep } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { safeLocalName, safeRemoteName } from "../../../src/cli/transfer/safe-name.ts";
import { temporaryName } from "../../../src/cli/transfer/temporary-name.ts";
import { TransferError } from "../../../src/core/index.ts";

const hostile: readonly [name: string, why: RegExp][] = [
  ["", /empty/],
  [".", /directory above or itself/],
  ["..", /directory above or itself/],
  ["../../etc/passwd", /separator/],
  ["/etc/passwd", /separator/],
  ["..\\..\\x", /separator/],
  ["a\\b", /separator/],
  ["a\0b", /control character/],
  ["a\nb", /control character/],
  ["\u001b[2J", /control character/],
  ["\u009b31m", /control character/],
  ["\ud800", /Unicode/],
  ["ä".repeat(128), /longer than 255 bytes/],
];
const fine = [
  "a.txt",
  "a b",
  "con",
  "nul.txt",
  "C:x",
  "a:b",
  "日本語",
  "-rf",
  "~",
  "...",
  " ",
  "😀",
];
const windows = ["con", "NUL.txt", "com1", "LPT9.a.b", "C:x", "a:b", "a|b", "x.", "x "];

describe("safeLocalName", () => {
  for (const [name, why] of hostile) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.throws(
        () => safeLocalName(name, "linux"),
        (error: unknown) => {
          assert.ok(error instanceof TransferError);
          assert.match(error.message, why);
          assert.doesNotMatch(error.message, /\p{Cc}/u);
          return true;
        },
      );
    });
  }

  it("lets ordinary names through, odd ones too", () => {
    for (const name of fine) assert.equal(safeLocalName(name, "linux"), name);
  });

  it("refuses what Windows gives a meaning of its own", () => {
    for (const name of windows) assert.throws(() => safeLocalName(name, "win32"), TransferError);
    assert.equal(safeLocalName("console.txt", "win32"), "console.txt");
  });

  it("never leads out of the folder", () => {
    const part = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("..", "/", "\\", ".", "\0"),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const name = parts.join("");
        try {
          safeLocalName(name, "linux");
        } catch {
          return;
        }
        assert.equal(resolve("/target", name), `/target${sep}${name}`);
      }),
      { numRuns: 500 },
    );
  });
});

describe("safeRemoteName", () => {
  it("refuses what the server would take for a path or a stream", () => {
    for (const name of ["a\\b", "a:b", "..", "a\tb"]) {
      assert.throws(() => safeRemoteName(name), TransferError);
    }
    assert.equal(safeRemoteName("a b.txt"), "a b.txt");
  });
});

describe("temporaryName", () => {
  it("is marked and different each time, hidden where that is wished", () => {
    const name = temporaryName("photo.jpg", ".");
    assert.match(name, /^\.photo\.jpg\.smbx-[a-z0-9]{6}\.part$/);
    assert.match(temporaryName("photo.jpg", ""), /^photo\.jpg\.smbx-[a-z0-9]{6}\.part$/);
    assert.notEqual(temporaryName("photo.jpg", "."), name);
  });

  it("fits wherever the name fits, without half a character", () => {
    for (const name of ["x".repeat(255), "ä".repeat(127), "😀".repeat(63), `x${"😀".repeat(63)}`]) {
      const temporary = temporaryName(name, ".");
      assert.ok(Buffer.byteLength(temporary) <= 255);
      assert.ok(Buffer.byteLength(temporary) > 240);
      assert.doesNotMatch(temporary, /\p{Surrogate}|\ufffd/u);
    }
  });
});
