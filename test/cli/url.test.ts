import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isRemoteLocation,
  parseLocation,
  parseService,
  type RemoteLocation,
  withoutPassword,
} from "../../src/cli/url.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

function location(host: string, parts: Partial<RemoteLocation> = {}): RemoteLocation {
  return { host, share: "", path: "", hasTrailingSeparator: false, ...parts };
}

const good: readonly (readonly [text: string, expected: RemoteLocation])[] = [
  ["//nas/share", location("nas", { share: "share" })],
  ["\\\\nas\\share", location("nas", { share: "share" })],
  ["//nas", location("nas")],
  ["//nas/", location("nas", { hasTrailingSeparator: true })],
  ["//nas:1445/share", location("nas", { port: 1445, share: "share" })],
  ["//nas/share/a/b.txt", location("nas", { share: "share", path: "a\\b.txt" })],
  ["//nas/share\\a/b", location("nas", { share: "share", path: "a\\b" })],
  [
    "//nas/share/a//./b/../c/",
    location("nas", { share: "share", path: "a\\c", hasTrailingSeparator: true }),
  ],
  ["//nas/share/../../x", location("nas", { share: "share", path: "x" })],
  ["//nas/share/100%.txt", location("nas", { share: "share", path: "100%.txt" })],
  ["//nas/share/*.t?t", location("nas", { share: "share", path: "*.t?t" })],
  ["//[::1]/share", location("::1", { share: "share" })],
  ["//[fe80::1%eth0]:1445/share", location("fe80::1%eth0", { port: 1445, share: "share" })],
  ["//::1/share", location("::1", { share: "share" })],
  ["smb://nas/share", location("nas", { share: "share" })],
  ["SMB://nas/share", location("nas", { share: "share" })],
  ["smb://nas:139/share", location("nas", { port: 139, share: "share" })],
  ["smb://[::1]:445/share", location("::1", { port: 445, share: "share" })],
  ["smb://anna@nas/share", location("nas", { share: "share", user: "anna" })],
  [
    "smb://anna:p%40ss%2F@nas/share",
    location("nas", { share: "share", user: "anna", password: "p@ss/" }),
  ],
  ["smb://anna:a:b@nas/share", location("nas", { share: "share", user: "anna", password: "a:b" })],
  ["smb://anna:@nas/share", location("nas", { share: "share", user: "anna", password: "" })],
  ["smb://WG;anna@nas/share", location("nas", { share: "share", user: "anna", domain: "WG" })],
  ["smb://anna%40corp@nas/share", location("nas", { share: "share", user: "anna@corp" })],
  ["smb://nas/my%20share/%E4%BD%A0", location("nas", { share: "my share", path: "你" })],
  ["smb://nas/share/a%25b", location("nas", { share: "share", path: "a%b" })],
  ["smb://nas/share/a?b#c", location("nas", { share: "share", path: "a?b#c" })],
];

const bad: readonly (readonly [text: string, message: RegExp])[] = [
  ["nas/share", /expected smb:/],
  ["", /expected smb:/],
  ["http://nas/share", /not http/],
  ["///share", /server's name is missing/],
  ["smb:///share", /server's name is missing/],
  ["//nas:0/share", /0 is no port/],
  ["//nas:65536/share", /is no port/],
  ["//nas:abc/share", /abc is no port/],
  ["//nas:/share", / is no port/],
  ["//anna@nas/share", /no server.*-U/],
  ["smb://::1/share", /in brackets in a URL: smb:\/\/\[::1\]/],
  ["smb://u:p@fe80::1/share", /^fe80::1: .* smb:\/\/\[fe80::1\]/],
  ["//[::g]/share", /no IPv6 address; .* \/\/\[2001:db8::1\]:445/],
  ["//[nas]:445/share", /no IPv6 address/],
  ["smb://[nas]/share", /no IPv6 address/],
  ["//nas:44:5/share", /no IPv6 address/],
  ["smb://nas/share/100%", /no escape/],
  ["smb://nas/share/a%2Fb", /holds a separator/],
  ["smb://nas/share/a%5Cb", /holds a separator/],
  ["smb://nas/share/a%00b", /holds a separator/],
  ["//nas/..", /is no share/],
];

describe("a remote location", () => {
  for (const [text, expected] of good) {
    it(`${text}`, () => assert.deepEqual(parseLocation(text), expected));
  }

  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseLocation(text),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  it("never tells a password", () => {
    assert.throws(
      () => parseLocation("smb://anna:s3cret%zz@nas/share"),
      (error) => error instanceof UsageError && !error.message.includes("s3cret"),
    );
    assert.throws(
      () => parseLocation("smb://anna:s3cret@nas:x/share"),
      (error) => error instanceof UsageError && !error.message.includes("s3cret"),
    );
  });

  it("says how a slash in a password is written, and nothing of the password", () => {
    for (const text of ["smb://anna:s3/cret@nas/share", "smb://anna:s3/c@ret@nas"]) {
      assert.throws(
        () => parseLocation(text),
        (error) =>
          error instanceof UsageError && /%2F/.test(error.message) && !/s3|ret/.test(error.message),
      );
    }
  });

  it("is shown without its password", () => {
    const shown: readonly (readonly [typed: string, shown: string])[] = [
      ["smb://anna:s3cret@nas/share/a@b", "smb://anna@nas/share/a@b"],
      ["smb://WG;anna:s3:c@ret@nas:445/share", "smb://WG;anna@nas:445/share"],
      ["smb://anna:s3/cret@nas/share", "smb://anna@nas/share"],
      ["smb:anna:s3cret@nas/share", "smb@nas/share"],
      ["anna:s3cret@nas", "anna@nas"],
      ["smb://nas:445/share/a@b", "smb://nas:445/share/a@b"],
      ["smb://anna@nas/share", "smb://anna@nas/share"],
      ["//nas:445/share", "//nas:445/share"],
      ["//nas/a:b", "//nas/a:b"],
      ["smb://[::1]:445/share", "smb://[::1]:445/share"],
    ];
    for (const [typed, expected] of shown) assert.equal(withoutPassword(typed), expected);
  });

  it("is told from a local name", () => {
    for (const text of ["//a/b", "\\\\a\\b", "smb://a", "CIFS://a"]) {
      assert.equal(isRemoteLocation(text), true, text);
    }
    for (const text of ["/a/b", "a", "./smb:x", "http://a", "-"]) {
      assert.equal(isRemoteLocation(text), false, text);
    }
  });
});

describe("a service as smbclient reads it", () => {
  it("takes all behind the server for the share", () => {
    assert.deepEqual(parseService("//s/a/b"), location("s", { share: "a\\b" }));
    assert.deepEqual(parseService("\\\\s\\a"), location("s", { share: "a" }));
    assert.deepEqual(parseService("//s:445/a"), location("s:445", { share: "a" }));
  });

  it("needs three separators", () => {
    for (const text of ["s", "//s", "/s/a", ""]) assert.equal(parseService(text), undefined, text);
  });
});
