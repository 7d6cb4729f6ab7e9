import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const FORGED = "x\nNT_STATUS_OK all files are safe";
const SHOWN = "x\\x0aNT_STATUS_OK all files are safe";

describe("a name with a line end in it", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    const parameters = { "read only": "yes", "mangled names": "no" };
    samba = await startSamba({ shares: [{ name: "forged", parameters }] });
    const folder = join(samba.sharePath("forged"), "d");
    mkdirSync(folder);
    writeFileSync(join(folder, FORGED), "x");
  });
  after(() => samba.stop());

  const unc = (path = ""): string => `//${samba.host}:${samba.port}/forged${path}`;

  const commands: readonly (readonly [string, () => readonly string[]])[] = [
    ["del", () => [unc(), "-c", "cd d; del *"]],
    ["deltree", () => [unc(), "-c", "deltree d"]],
    ["mget", () => [unc(), "-c", "prompt; cd d; lcd /proc/self; mget *"]],
    ["ls", () => [unc(), "-c", "cd d; ls"]],
    ["rm", () => ["rm", unc("/d/*")]],
    ["rm -r", () => ["rm", "-r", unc("/d")]],
    ["get", () => ["get", unc("/d/*"), "/proc/self"]],
    ["stat", () => ["stat", unc("/d/*")]],
  ];
  for (const [what, command] of commands) {
    it(`forges no line: ${what}`, async () => {
      const user = ["-U", `${samba.username}%${samba.password}`];
      const { stdout, stderr } = await runSmbx([...user, ...command()]);
      assert.ok((stdout + stderr).includes(SHOWN), stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /^\s*NT_STATUS_OK/m);
    });
  }
});
