import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type TransferEnvironment, uploadFile } from "../../src/cli/transfer/index.ts";
import {
  AccessMask,
  CreateDisposition,
  FileAttributes,
  NtStatus,
  type SmbClient,
} from "../../src/core/index.ts";
import { ShareAccess } from "../../src/core/smb2/constants.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { environmentIn, leftovers, MIB } from "../support/transfers.ts";
import { connectTo } from "./protocol-exercise.ts";

const WHOLE_FILE = AccessMask.READ_DATA | AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES;
const skip = sambaUnavailable() ?? false;
const isRoot = process.getuid?.() === 0;

for (const size of [1000, 3 * MIB]) {
  describe(`a file of ${size} bytes that replaces another one`, { skip }, () => {
    let samba: Samba;
    let client: SmbClient;
    let other: SmbClient;
    let env: TransferEnvironment;
    let local: string;
    let remote: string;
    let bytes: Buffer;

    before(async () => {
      samba = await startSamba();
      local = mkdtempSync(join(tmpdir(), "smbx-replacing-"));
      remote = samba.sharePath("share");
      [client, other] = [await connectTo(samba), await connectTo(samba)];
      env = await environmentIn(client, "share");
      bytes = randomBytes(size);
      writeFileSync(join(local, "f"), bytes);
    });
    after(async () => {
      await client?.close();
      await other?.close();
      await samba?.stop();
      rmSync(local, { recursive: true, force: true });
    });

    const upload = (name: string) => uploadFile(env, join(local, "f"), name);
    /** As a client makes it: with the permissions of any new file. */
    const make = async (name: string): Promise<void> => {
      writeFileSync(join(local, "old"), "old");
      await uploadFile(env, join(local, "old"), name);
    };
    const contentOf = (name: string): Buffer => readFileSync(join(remote, name));
    const inodeOf = (name: string): number => statSync(join(remote, name)).ino;

    it("is a new file that keeps the creation time and the spelling of its name", async () => {
      await make("Plain.txt");
      const old = await env.tree.stat("Plain.txt");
      const before = inodeOf("Plain.txt");
      await upload("PLAIN.TXT");
      assert.ok(readdirSync(remote).includes("Plain.txt"));
      assert.notEqual(inodeOf("Plain.txt"), before);
      assert.ok(contentOf("Plain.txt").equals(bytes));
      assert.equal((await env.tree.stat("Plain.txt")).creationTime, old.creationTime);
    });

    const attributes = [
      ["read-only", FileAttributes.READONLY],
      ["hidden", FileAttributes.HIDDEN],
      ["a system file", FileAttributes.SYSTEM],
    ] as const;
    for (const [what, bit] of attributes) {
      it(`leaves one alone that is ${what}`, async () => {
        await make(`a${bit}`);
        const { attributes: plain } = await env.tree.stat(`a${bit}`);
        await env.tree.setBasicInfo(`a${bit}`, { attributes: plain | bit });
        await assert.rejects(upload(`a${bit}`), { status: NtStatus.ACCESS_DENIED });
        assert.equal(contentOf(`a${bit}`).toString(), "old");
        assert.equal((await env.tree.stat(`a${bit}`)).attributes, plain | bit);
      });
    }

    it("leaves one alone that another client holds for itself", async () => {
      await make("held");
      const tree = await other.connectTree("share");
      await using held = await tree.openFile("held", { access: WHOLE_FILE, shareAccess: 0 });
      await assert.rejects(upload("held"), { status: NtStatus.SHARING_VIOLATION });
      assert.equal(contentOf("held").toString(), "old");
      assert.equal(held.size, 3);
    });

    it("writes into one that another client writes to, which must not go on with the old one", async () => {
      await make("shared");
      const tree = await other.connectTree("share");
      const open = { access: WHOLE_FILE, shareAccess: ShareAccess.READ | ShareAccess.WRITE };
      await using writer = await tree.openFile("shared", open);
      const before = inodeOf("shared");
      await upload("shared");
      assert.equal(inodeOf("shared"), before);
      assert.ok(contentOf("shared").equals(bytes));
      await writer.write(Buffer.from("late"), 0);
      assert.equal(contentOf("shared").subarray(0, 4).toString(), "late");
    });

    it("lets one be read to its end that another client reads, or leaves it and says what helps", async () => {
      await make("read");
      const tree = await other.connectTree("share");
      await using reader = await tree.openFile("read", { access: AccessMask.READ_DATA });
      // Windows, and Samba 4.22, rename nothing over a file that is open.
      const refusal = await upload("read").then(
        () => undefined,
        (error: unknown) => String(error),
      );
      if (refusal === undefined) assert.ok(contentOf("read").equals(bytes));
      else {
        assert.match(refusal, /ACCESS_DENIED replacing .*--inplace writes into it/);
        assert.equal(contentOf("read").toString(), "old");
      }
      const into = new Uint8Array(10);
      assert.equal(Buffer.from(into.subarray(0, await reader.read(into, 0))).toString(), "old");
    });

    it("writes into one that has other names", async () => {
      await make("link");
      linkSync(join(remote, "link"), join(remote, "other link"));
      await upload("link");
      assert.ok(contentOf("other link").equals(bytes));
    });

    it("is a new file also where the old one was made on the server", async () => {
      writeFileSync(join(remote, "local"), "old", { mode: 0o644 });
      const before = inodeOf("local");
      await upload("local");
      assert.notEqual(inodeOf("local"), before);
      assert.ok(contentOf("local").equals(bytes));
    });

    it("leaves its permissions as they are", async () => {
      writeFileSync(join(remote, "mode"), "old", { mode: 0o600 });
      await upload("mode");
      assert.equal(statSync(join(remote, "mode")).mode & 0o077, 0);
      assert.ok(contentOf("mode").equals(bytes));
    });

    it("leaves its owner as it is", {
      skip: !isRoot && "only root has files of others",
    }, async () => {
      await make("owned");
      chownSync(join(remote, "owned"), 12_345, 12_346);
      await upload("owned");
      const { uid, gid } = statSync(join(remote, "owned"));
      assert.deepEqual([uid, gid], [12_345, 12_346]);
      assert.ok(contentOf("owned").equals(bytes));
    });

    it("is refused where its name is a directory's", async () => {
      await env.tree.mkdir("folder");
      await assert.rejects(upload("folder"), { status: NtStatus.FILE_IS_A_DIRECTORY });
    });

    it("waits for a deleted file to go that somebody still has open", async () => {
      await make("going");
      const tree = await other.connectTree("share");
      const access = WHOLE_FILE | AccessMask.DELETE;
      const open = await tree.openFile("going", { access, disposition: CreateDisposition.OPEN });
      await env.tree.unlink("going");
      // It is as good as gone: nothing is left to be done.
      await env.tree.unlink("going");
      const uploading = upload("going");
      await open.close();
      await uploading;
      assert.ok(contentOf("going").equals(bytes));
    });

    it("waits for an emptied directory until nobody has anything in it open", async () => {
      await env.tree.mkdir("emptied");
      await make("emptied\\f");
      const tree = await other.connectTree("share");
      const open = await tree.openFile("emptied\\f", { access: AccessMask.READ_DATA });
      await env.tree.unlink("emptied\\f");
      await assert.rejects(env.tree.rmdir("emptied"), { status: NtStatus.DIRECTORY_NOT_EMPTY });
      const removing = env.tree.rmdir("emptied", { wasEmptied: true });
      await open.close();
      await removing;
      assert.ok(!readdirSync(remote).includes("emptied"));
    });

    it("leaves no temporary names", () => assert.deepEqual(leftovers(local, remote), []));
  });
}
