import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DialFailure } from "../../src/core/errors.ts";
import { combineFailures } from "../../src/transports/dial-failures.ts";

const refused = (address: string): DialFailure =>
  new DialFailure(address, "connection refused", { reason: "refused" });
const silent = new DialFailure("192.0.2.2:445", "no answer within 5 s", { reason: "timeout" });

describe("the failures of all addresses of a name", () => {
  it("are one where there is one", () => {
    assert.equal(combineFailures("nas:445", [silent]), silent);
  });

  it("say that there was none", () => {
    const { message, reason } = combineFailures("nas:445", []);
    assert.equal(message, "nas:445: the name has no address");
    assert.equal(reason, "not-found");
  });

  it("say once what the server says at all of them", () => {
    const expired = (address: string): DialFailure =>
      new DialFailure(address, "the certificate has expired", { reason: "certificate" });
    const failures = ["[2001:db8::1]:443", "192.0.2.1:443"].map(expired);
    const { message, cause } = combineFailures("nas:443", failures);
    assert.equal(message, "nas:443: the certificate has expired");
    assert.deepEqual((cause as AggregateError).errors, failures);
  });

  it("name each address that is silent, or refuses", () => {
    const { words } = combineFailures("nas:445", ["192.0.2.1:445", "192.0.2.4:445"].map(refused));
    assert.equal(words, "192.0.2.1:445 connection refused, 192.0.2.4:445 connection refused");
  });

  it("say of each what became of it, and have the status of the first", () => {
    const failure = combineFailures("nas:445", [refused("192.0.2.1:445"), silent]);
    assert.equal(
      failure.message,
      "nas:445: 192.0.2.1:445 connection refused, 192.0.2.2:445 no answer within 5 s",
    );
    assert.equal(failure.ntStatusName, "NT_STATUS_CONNECTION_REFUSED");
  });

  it("have the reason of the one that a server gave", () => {
    const details = { reason: "certificate", problems: ["expired"] } as const;
    const told = new DialFailure("192.0.2.3:443", "the certificate has expired", details);
    const { reason, problems, ntStatusName } = combineFailures("nas:443", [silent, told]);
    assert.deepEqual([reason, problems], ["certificate", ["expired"]]);
    assert.equal(ntStatusName, told.ntStatusName);
  });
});
