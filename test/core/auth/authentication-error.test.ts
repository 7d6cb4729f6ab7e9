import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AuthenticationError,
  authenticationErrorFromStatus,
} from "../../../src/core/auth/authentication-error.ts";
import { SmbError } from "../../../src/core/errors.ts";
import { fileTimeFromUnixMs } from "../../../src/core/wire/file-time.ts";

const NOW = fileTimeFromUnixMs(Date.UTC(2026, 0, 1));
const MINUTE = 600_000_000n;

function message(status: number, skewMinutes = 0, user = "LAB\\alice"): string {
  const serverTime = NOW - BigInt(skewMinutes) * MINUTE;
  return authenticationErrorFromStatus(status, { user, serverTime, now: NOW }).message;
}

describe("authenticationErrorFromStatus", () => {
  for (const [name, status, text] of [
    ["LOGON_FAILURE", 0xc000_006d, /user name or the password is wrong.*LAB\\alice/],
    ["WRONG_PASSWORD", 0xc000_006a, /password of LAB\\alice is wrong/],
    ["NO_SUCH_USER", 0xc000_0064, /no user LAB\\alice/],
    ["PASSWORD_EXPIRED", 0xc000_0071, /has expired/],
    ["PASSWORD_MUST_CHANGE", 0xc000_0224, /must be changed/],
    ["ACCOUNT_EXPIRED", 0xc000_0193, /account LAB\\alice has expired/],
    ["ACCOUNT_DISABLED", 0xc000_0072, /disabled/],
    ["ACCOUNT_LOCKED_OUT", 0xc000_0234, /locked/],
    ["ACCOUNT_RESTRICTION", 0xc000_006e, /empty password/],
    ["INVALID_LOGON_HOURS", 0xc000_006f, /time of day/],
    ["INVALID_WORKSTATION", 0xc000_0070, /from this computer/],
    ["LOGON_TYPE_NOT_GRANTED", 0xc000_015b, /over the network/],
    ["TIME_DIFFERENCE_AT_DC", 0xc000_0133, /clocks/],
    ["NTLM_BLOCKED", 0xc000_0418, /refuses NTLM/],
    ["NOT_SUPPORTED", 0xc000_00bb, /refuses NTLM/],
    ["NO_LOGON_SERVERS", 0xc000_005e, /no domain controller/],
    ["TRUSTED_RELATIONSHIP_FAILURE", 0xc000_018d, /trust/],
    ["TRUSTED_DOMAIN_FAILURE", 0xc000_018c, /trust/],
    ["NO_TRUST_SAM_ACCOUNT", 0xc000_018b, /trust/],
    ["NOLOGON_WORKSTATION_TRUST_ACCOUNT", 0xc000_0199, /account of a computer/],
    ["AUTHENTICATION_FIREWALL_FAILED", 0xc000_0413, /Allowed to authenticate/],
    ["SMARTCARD_LOGON_REQUIRED", 0xc000_02fa, /smart card/],
    ["ACCESS_DENIED", 0xc000_0022, /before looking at the password/],
    ["TOO_MANY_SESSIONS", 0xc000_00ce, /no room/],
  ] as const) {
    it(`explains ${name}`, () => {
      const error = authenticationErrorFromStatus(status, { user: "LAB\\alice" });
      assert.ok(error instanceof AuthenticationError && error instanceof SmbError);
      assert.equal(error.code, "ERR_SMB_AUTHENTICATION");
      assert.equal(error.status, status);
      assert.equal(error.statusName, `NT_STATUS_${name}`);
      assert.match(error.message, text);
      assert.doesNotMatch(error.message, /undefined|\.$/);
    });
  }

  it("names a status that it cannot explain", () => {
    assert.match(message(0xc000_000d), /NT_STATUS_INVALID_PARAMETER/);
    assert.match(message(0xc00f_1234), /NT_STATUS\(0xc00f1234\)/);
  });

  it("says how far the clocks are apart where that matters", () => {
    assert.match(message(0xc000_0133, 12), /our clock is 12 min ahead of the server's/);
    assert.match(message(0xc000_0133, -300), /our clock is 5 h behind the server's/);
    assert.match(message(0xc000_006d, 6 * 1440), /6 days ahead/);
    assert.doesNotMatch(message(0xc000_006d, 4), /clock/);
    const unset = { user: "u", serverTime: 0n, now: NOW };
    assert.doesNotMatch(authenticationErrorFromStatus(0xc000_0133, unset).message, /our clock/);
  });

  it("speaks of anonymous logons as such", () => {
    assert.match(message(0xc000_0022, 0, ""), /anonymous/);
    assert.match(message(0xc000_006d, 0, ""), /anonymous/);
  });
});
