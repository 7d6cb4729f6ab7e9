import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  FileAttributes,
  formatAllInfoAttributes,
  formatAttributes,
} from "../../../src/core/fscc/file-attributes.ts";

/** Attributes, the letters of `ls` and those of `allinfo`, as smbclient 4.17 prints them. */
const seen: readonly [attributes: number, listing: string, allInfo: string][] = [
  [0x00, "", ""],
  [0x80, "N", ""],
  [0x10, "D", "D"],
  [0x12, "DH", "HD"],
  [0x20, "A", "A"],
  [0x22, "AH", "HA"],
  [0x24, "AS", "SA"],
  [0x23, "AHR", "RHA"],
  [0x27, "AHSR", "RHSA"],
  [0x37, "DAHSR", "RHSDA"],
  [0x81, "NR", ""],
  [0x09, "VR", "R"],
  [0x41, "Rd", "R"],
  [0x101, "Rt", "TR"],
  [0x220, "As", "sA"],
  [0x410, "Dr", "rD"],
  [0x401, "Rr", "rR"],
  [0x801, "Rc", "CR"],
  [0x1001, "Ro", "OR"],
  [0x2001, "Rn", "NR"],
  [0x4001, "Re", "ER"],
  [0x8001, "R", "R"],
  [0x1237, "DAHSRso", "OsRHSDA"],
  [0x7f7f, "VDAHSRdtsrcone", "ENOCrsTRHSDA"],
  [0xffff_ffff, "VDAHSNRdtsrcone", ""],
];

describe("the letters of file attributes", () => {
  for (const [attributes, listing, allInfo] of seen) {
    it(`of 0x${attributes.toString(16)} are smbclient's`, () => {
      assert.equal(formatAttributes(attributes), listing);
      assert.equal(formatAllInfoAttributes(attributes), allInfo);
    });
  }

  it("exist for the bits of [MS-FSCC] 2.6 that smbclient knows", () => {
    const letters = Object.values(FileAttributes).filter((bit) => formatAttributes(bit) !== "");
    assert.equal(letters.length, 13);
  });
});
