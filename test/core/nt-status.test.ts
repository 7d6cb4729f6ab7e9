import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbError } from "../../src/core/errors.ts";
import {
  isNtError,
  knownNtStatuses,
  NtStatus,
  ntStatusExplanation,
  ntStatusName,
} from "../../src/core/nt-status.ts";
import { NtStatusError } from "../../src/core/nt-status-error.ts";
import { NT_STATUS_EXPLANATIONS } from "../../src/core/nt-status-explanations.ts";
import { NT_STATUS_TABLE } from "../../src/core/nt-status-table.ts";

describe("the NTSTATUS table", () => {
  const lines = NT_STATUS_TABLE.trim().split("\n");

  it("has one well-formed line a status, in the order of values", () => {
    let previous = -1;
    for (const line of lines) {
      assert.match(line, /^[0-9a-f]{8} [A-Z0-9_]+$/);
      const value = Number.parseInt(line, 16);
      assert.ok(value > previous, line);
      previous = value;
    }
    assert.ok(lines.length > 1000);
    assert.equal(knownNtStatuses().length, lines.length);
  });

  it("has no name twice", () => {
    assert.equal(new Set(lines.map((line) => line.slice(9))).size, lines.length);
  });

  it("names what the code refers to as the code does", () => {
    for (const [name, status] of Object.entries(NtStatus)) {
      const expected = name === "SUCCESS" ? "OK" : name;
      assert.equal(ntStatusName(status), `NT_STATUS_${expected}`);
    }
  });

  it("has the values of [MS-ERREF] 2.3.1", () => {
    assert.equal(NtStatus.PENDING, 0x103);
    assert.equal(NtStatus.NO_MORE_FILES, 0x8000_0006);
    assert.equal(NtStatus.MORE_PROCESSING_REQUIRED, 0xc000_0016);
    assert.equal(NtStatus.OBJECT_NAME_NOT_FOUND, 0xc000_0034);
    assert.equal(NtStatus.SHARING_VIOLATION, 0xc000_0043);
    assert.equal(NtStatus.LOGON_FAILURE, 0xc000_006d);
    assert.equal(NtStatus.BAD_NETWORK_NAME, 0xc000_00cc);
    assert.equal(NtStatus.USER_SESSION_DELETED, 0xc000_0203);
    assert.equal(NtStatus.PATH_NOT_COVERED, 0xc000_0257);
    assert.equal(NtStatus.NETWORK_SESSION_EXPIRED, 0xc000_035c);
    assert.equal(NtStatus.SMB_BAD_CLUSTER_DIALECT, 0xc05d_0001);
  });
});

describe("ntStatusName", () => {
  it("takes signed numbers, as bitwise operators make them", () => {
    assert.equal(ntStatusName(0xc000_0022 | 0), "NT_STATUS_ACCESS_DENIED");
  });

  it("shows the number of a status without a name", () => {
    assert.equal(ntStatusName(0xc000_1234), "NT_STATUS(0xc0001234)");
    assert.equal(ntStatusName(0x4242), "NT_STATUS(0x00004242)");
  });
});

describe("ntStatusExplanation", () => {
  it("explains only names that exist, in sentences without a full stop at the end", () => {
    const names = new Set(knownNtStatuses().map((status) => ntStatusName(status).slice(10)));
    for (const [name, sentence] of NT_STATUS_EXPLANATIONS) {
      assert.ok(names.has(name), name);
      assert.match(sentence, /^[A-Z].*[^.]$/, name);
    }
    assert.ok(NT_STATUS_EXPLANATIONS.size >= 120);
  });

  it("says what to do about a full disk, and nothing about what nobody meets", () => {
    assert.match(ntStatusExplanation(NtStatus.DISK_FULL) ?? "", /disk is full/);
    assert.equal(ntStatusExplanation(0xc000_1234), undefined);
  });
});

describe("isNtError", () => {
  it("goes by the severity", () => {
    assert.equal(isNtError(NtStatus.ACCESS_DENIED), true);
    assert.equal(isNtError(NtStatus.ACCESS_DENIED | 0), true);
    assert.equal(isNtError(NtStatus.BUFFER_OVERFLOW), false);
    assert.equal(isNtError(NtStatus.PENDING), false);
    assert.equal(isNtError(NtStatus.SUCCESS), false);
  });
});

describe("NtStatusError", () => {
  it("says what was refused, for what", () => {
    const error = new NtStatusError(NtStatus.ACCESS_DENIED, { command: "CREATE", path: "dir\\x" });
    assert.equal(error.message, "NT_STATUS_ACCESS_DENIED in CREATE of \\dir\\x");
    assert.equal(error.statusName, "NT_STATUS_ACCESS_DENIED");
    assert.equal(error.code, "ERR_SMB_NT_STATUS");
    assert.equal(error.name, "NtStatusError");
    assert.ok(error instanceof SmbError);
  });

  it("manages without a command, a path or a cause", () => {
    const error = new NtStatusError(NtStatus.IO_TIMEOUT | 0);
    assert.equal(error.message, "NT_STATUS_IO_TIMEOUT");
    assert.equal(error.status, 0xc000_00b5);
    assert.deepEqual([error.command, error.path, error.cause], [undefined, undefined, undefined]);
  });

  it("keeps a message and a cause that are given", () => {
    const cause = new Error("reset");
    const error = new NtStatusError(NtStatus.CONNECTION_RESET, { message: "It broke", cause });
    assert.equal(error.message, "It broke");
    assert.equal(error.cause, cause);
  });
});
