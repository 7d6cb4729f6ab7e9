import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { FileAttributes, NtStatus } from "../../../src/core/index.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { directory, FakeTree, file } from "../../support/fake-tree.ts";

process.env["TZ"] = "UTC";

const DATE = "Thu Feb 29 12:34:56 2024";
const BLOCKS = "\n\t\t1000 blocks of size 1024. 400 blocks available\n";

function sorted(): FakeTree {
  return new FakeTree({
    dir: directory(),
    "dir\\a.txt": file(1),
    "dir\\sub": directory(),
    "dir\\sub\\b.txt": file(1),
    "empty dir": directory(),
    "hello.txt": file(12),
    "hello.doc": file(3, FileAttributes.ARCHIVE | FileAttributes.READONLY),
  });
}

/** What commands print: standard output and error together, as smbclient and as smbx. */
interface Row {
  readonly run: string;
  readonly smbclient: string;
  /** Where smbx differs. */
  readonly smbx?: string;
  /** The exit statuses of the two. */
  readonly status?: readonly [smbclient: number, smbx: number];
}

const rows: readonly Row[] = [
  {
    run: "pwd; cd dir; pwd; cd; cd sub; cd ..; ..; cd /dir/sub; pwd; cd ../../..; pwd",
    smbclient:
      "Current directory is \\\\nas\\share\\\nCurrent directory is \\\\nas\\share\\dir\\\n" +
      "Current directory is \\dir\\\nCurrent directory is \\\\nas\\share\\dir\\sub\\\n" +
      "Current directory is \\\\nas\\share\\\n",
  },
  {
    run: "cd nosuch",
    smbclient: "cd \\nosuch\\: NT_STATUS_OBJECT_NAME_NOT_FOUND\n",
    status: [1, 5],
  },
  {
    run: "cd hello.txt",
    smbclient: "cd \\hello.txt\\: NT_STATUS_NOT_A_DIRECTORY\n",
    status: [1, 5],
  },
  {
    run: "ls *.txt; ls dir",
    smbclient: `  hello.txt                           N       12  ${DATE}\n${BLOCKS}  dir                                 D        0  ${DATE}\n${BLOCKS}`,
  },
  {
    run: "ls hello.doc",
    smbclient: `  hello.doc                          AR        3  ${DATE}\n${BLOCKS}`,
  },
  {
    run: "ls *.nomatch",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\*.nomatch\n",
    status: [1, 5],
  },
  {
    run: "cd dir; ls nosuch",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\dir\\nosuch\n",
    status: [1, 5],
  },
  {
    run: "ls dir/sub/",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\dir\\sub\\\n",
    smbx: `  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  b.txt                               N        1  ${DATE}\n${BLOCKS}`,
    status: [1, 0],
  },
  {
    run: "cd dir; ls ..",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\\n",
    smbx: `  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  dir                                 D        0  ${DATE}\n  empty dir                           D        0  ${DATE}\n  hello.txt                           N       12  ${DATE}\n  hello.doc                          AR        3  ${DATE}\n${BLOCKS}`,
    status: [1, 0],
  },
  {
    run: "deltree ..; deltree /; rm dir/..; ls hello.txt",
    smbclient: `NT_STATUS_NO_SUCH_FILE listing \\\nNT_STATUS_NO_SUCH_FILE listing \\\nNT_STATUS_NO_SUCH_FILE listing \\\n  hello.txt                           N       12  ${DATE}\n${BLOCKS}`,
    status: [0, 5],
  },
  {
    run: "recurse; mask b*; ls dir/*",
    smbclient: `  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  sub                                 D        0  ${DATE}\n\n\\dir\\sub\n  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  b.txt                               N        1  ${DATE}\n${BLOCKS}`,
    smbx: `directory recursion is now on\nonly b* is taken\n  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  sub                                 D        0  ${DATE}\n\n\\dir\\sub\n  .                                   D        0  ${DATE}\n  ..                                  D        0  ${DATE}\n  b.txt                               N        1  ${DATE}\n${BLOCKS}`,
  },
  {
    run: "du; recurse; du dir",
    smbclient: `${BLOCKS}Total number of bytes: 15\n${BLOCKS}Total number of bytes: 2\n`,
    smbx: `${BLOCKS}Total number of bytes: 15\ndirectory recursion is now on\n${BLOCKS}Total number of bytes: 2\n`,
  },
  {
    run: "mkdir new; mkdir new",
    smbclient: "NT_STATUS_OBJECT_NAME_COLLISION making remote directory \\new\n",
    status: [0, 1],
  },
  {
    run: "mkdir a/b/c",
    smbclient: "NT_STATUS_OBJECT_PATH_NOT_FOUND making remote directory \\a\\b\\c\n",
    status: [0, 5],
  },
  {
    run: "rmdir nosuch",
    smbclient: "NT_STATUS_OBJECT_NAME_NOT_FOUND removing remote directory file \\nosuch\n",
    status: [0, 5],
  },
  {
    run: "rd dir",
    smbclient: "NT_STATUS_DIRECTORY_NOT_EMPTY removing remote directory file \\dir\n",
    status: [0, 1],
  },
  {
    run: 'rd "empty dir"; ls empty*',
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\empty*\n",
    status: [1, 5],
  },
  {
    run: "rename hello.txt hello.doc",
    smbclient: "NT_STATUS_OBJECT_NAME_COLLISION renaming files \\hello.txt -> \\hello.doc \n",
    status: [1, 1],
  },
  {
    run: "rename hello.txt hello.doc -f; ls hello.*",
    smbclient: `  hello.doc                           N       12  ${DATE}\n${BLOCKS}`,
  },
  {
    run: "rename nosuch x",
    smbclient: "NT_STATUS_OBJECT_NAME_NOT_FOUND renaming files \\nosuch -> \\x \n",
    status: [1, 5],
  },
  { run: "rm nosuch", smbclient: "NT_STATUS_NO_SUCH_FILE listing \\nosuch\n", status: [1, 5] },
  { run: "del dir", smbclient: "NT_STATUS_NO_SUCH_FILE listing \\dir\n", status: [1, 5] },
  {
    run: "del hello.*; ls hello.*",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\hello.*\n",
    status: [1, 5],
  },
  {
    run: "deltree dir; ls dir",
    smbclient: "NT_STATUS_NO_SUCH_FILE listing \\dir\n",
    status: [1, 5],
  },
  { run: "deltree nosuch", smbclient: "NT_STATUS_NO_SUCH_FILE listing \\nosuch\n", status: [1, 5] },
  {
    run: "allinfo hello.doc",
    smbclient:
      `altname: SHORT~1.TXT\ncreate_time:    ${DATE} UTC\naccess_time:    ${DATE} UTC\n` +
      `write_time:     ${DATE} UTC\nchange_time:    ${DATE} UTC\nattributes: RA (21)\n` +
      "stream: [::$DATA], 3 bytes\n" +
      "NT_STATUS_INVALID_DEVICE_REQUEST getting shadow copy data for \\hello.doc\n",
    smbx:
      `altname: SHORT~1.TXT\ncreate_time:    ${DATE} UTC\naccess_time:    ${DATE} UTC\n` +
      `write_time:     ${DATE} UTC\nchange_time:    ${DATE} UTC\nattributes: RA (21)\n` +
      "stream: [::$DATA], 3 bytes\n",
  },
  {
    run: "allinfo nosuch",
    smbclient: "NT_STATUS_OBJECT_NAME_NOT_FOUND getting alt name for \\nosuch\n",
    status: [0, 5],
  },
  { run: "altname hello.txt", smbclient: "SHORT~1.TXT\n" },
  {
    run: "stat hello.doc",
    smbclient: "Server doesn't support UNIX CIFS calls.\n",
    smbx:
      "path:       \\hello.doc\ntype:       file\nsize:       3 (3 B), 3 on disk\n" +
      `attributes: AR (0x21)\nlinks:      1\nfile id:    0x1\ncreated:    ${DATE} UTC\n` +
      `accessed:   ${DATE} UTC\nwritten:    ${DATE} UTC\nchanged:    ${DATE} UTC\n` +
      "connection: SMB 3.1.1, tcp 192.0.2.1:445, signed (AES-128-GMAC)\n",
    status: [1, 0],
  },
  { run: "volume", smbclient: "Volume: |share| serial number 0x71743c3d\n" },
  {
    run: "setmode hello.doc +h -ra; allinfo hello.doc",
    smbclient:
      `altname: SHORT~1.TXT\ncreate_time:    ${DATE} UTC\naccess_time:    ${DATE} UTC\n` +
      `write_time:     ${DATE} UTC\nchange_time:    ${DATE} UTC\nattributes: H (2)\n` +
      "stream: [::$DATA], 3 bytes\n" +
      "NT_STATUS_INVALID_DEVICE_REQUEST getting shadow copy data for \\hello.doc\n",
    smbx:
      `altname: SHORT~1.TXT\ncreate_time:    ${DATE} UTC\naccess_time:    ${DATE} UTC\n` +
      `write_time:     ${DATE} UTC\nchange_time:    ${DATE} UTC\nattributes: H (2)\n` +
      "stream: [::$DATA], 3 bytes\n",
  },
  {
    run: "setmode nosuch +r",
    smbclient:
      "cli_getatr failed: NT_STATUS_OBJECT_NAME_NOT_FOUND\ncli_getatr failed: NT_STATUS_OBJECT_NAME_NOT_FOUND\n",
    smbx: "cli_getatr failed: NT_STATUS_OBJECT_NAME_NOT_FOUND\n",
    status: [0, 5],
  },
  {
    run: "utimes hello.txt -1 -1 2020:01:02-03:04:05 -1; ls hello.txt",
    smbclient: `  hello.txt                           N       12  Thu Jan  2 03:04:05 2020\n${BLOCKS}`,
  },
  {
    run: "utimes nosuch -1 -1 -1 -1",
    smbclient: "cli_setpathinfo_ext failed: NT_STATUS_OBJECT_NAME_NOT_FOUND\n",
    status: [1, 5],
  },
  {
    run: "hardlink hello.txt h.txt; ls h.txt",
    smbclient: `  h.txt                               N       12  ${DATE}\n${BLOCKS}`,
  },
  {
    run: "hardlink nosuch x",
    smbclient: "NT_STATUS_OBJECT_NAME_NOT_FOUND doing an NT hard link of files\n",
    status: [1, 5],
  },
  {
    run: "timeout 30; iosize 100000; iosize 0x100",
    smbclient: "io_timeout per operation is now 30\niosize is now 100000\niosize is now 256\n",
  },
  {
    run: "timeout x; iosize x",
    smbclient: "io_timeout per operation is now 0\niosize is now 0\n",
    smbx: "timeout: x is not a number of seconds\niosize <n> or iosize 0x<n>.\n",
    status: [0, 2],
  },
  {
    run: "prompt",
    smbclient: "",
    smbx: "prompting is now off\n",
    status: [1, 0],
  },
  {
    run: "prompt on; recurse off; lowercase",
    smbclient: "",
    smbx: "prompting is now on\ndirectory recursion is now off\nlowercasing of names is now on\n",
  },
  {
    run: "listconnect; showconnect; tid",
    smbclient: "0:\tserver=nas, share=share\n//nas/share\ncurrent tid is 7\n",
    smbx: "0:\tserver=nas, share=share, transport=tcp 192.0.2.1:445\n//nas/share\nSMB 3.1.1, tcp 192.0.2.1:445, signed (AES-128-GMAC)\ncurrent tid is 7\n",
  },
  {
    run: "cd dir; tcon other; pwd; tid 7; pwd; tdis; tid; tdis",
    smbclient:
      "tcon to other successful, tid: 8\nCurrent directory is \\\\nas\\share\\\n" +
      "current tid is 7\nCurrent directory is \\\\nas\\share\\\ntdis successful\nno tcon currently\n" +
      "tdis failed: NT_STATUS_NETWORK_NAME_DELETED\n",
    smbx:
      "tcon to other successful, tid: 8\nCurrent directory is \\\\nas\\other\\\n" +
      "current tid is 7\nCurrent directory is \\\\nas\\share\\\ntdis successful\nno tcon currently\n" +
      "tdis failed: NT_STATUS_NETWORK_NAME_DELETED\n",
    status: [1, 3],
  },
  { run: "tcon nosuch", smbclient: "tcon failed: NT_STATUS_BAD_NETWORK_NAME\n", status: [1, 5] },
  {
    run: "logoff; logoff",
    smbclient: "logoff successful\nlogoff failed: NT_STATUS_USER_SESSION_DELETED\n",
    status: [1, 3],
  },
  {
    run: "logon anna secret; pwd",
    smbclient: "Current VUID is 0\nCurrent directory is \\\\nas\\share\\\n",
    smbx: "logged on as anna\nCurrent directory is \\\\nas\\share\\\n",
  },
  {
    run: "logon anna wrong",
    smbclient: "session setup failed: NT_STATUS_LOGON_FAILURE\n",
    status: [1, 4],
  },
  { run: "echo 2 hi", smbclient: "", smbx: "reply after 0.25 ms\nreply after 0.25 ms\n" },
  {
    run: "help get",
    smbclient: "HELP get:\n\t<remote name> [local name] get a file\n\n",
  },
  {
    run: "help nosuch",
    smbclient: "",
    smbx: "nosuch: command not found\n",
    status: [0, 2],
  },
  { run: "frobnicate", smbclient: "frobnicate: command not found\n", status: [1, 2] },
  { run: "tar c x", smbclient: "tar is not supported yet\n", status: [1, 2] },
  {
    run: "help tar; pwd",
    smbclient: "Current directory is \\\\nas\\share\\\n",
    smbx: "tar is not supported yet\nCurrent directory is \\\\nas\\share\\\n",
    status: [0, 2],
  },
  { run: "POSIX", smbclient: "posix is not supported yet\n", status: [1, 2] },
  { run: "sete a b c", smbclient: "setea is not supported yet\n", status: [1, 2] },
  { run: "posix_", smbclient: "posix_: command not found\n", status: [1, 2] },
  { run: "p", smbclient: "p: command abbreviation ambiguous\n", status: [1, 2] },
  { run: "exit; pwd", smbclient: "" },
  {
    run: "lcd /nosuch",
    smbclient: "chdir to /nosuch failed (No such file or directory)\n",
    status: [0, 5],
  },
  {
    run: "lcd /; lcd",
    smbclient: "",
    smbx: "the local directory is now /\nthe local directory is now /\n",
  },
  {
    run: "pwd here",
    smbclient: "Current directory is \\\\nas\\share\\\n",
    smbx: 'pwd takes no arguments: 1 were given. Put names with blanks in "quotes"\n',
    status: [0, 2],
  },
];

for (const personality of [smbclientPersonality, smbxPersonality]) {
  describe(`what commands print as ${personality.name}`, () => {
    for (const row of rows) {
      it(row.run, async () => {
        const others = [new FakeTree({}, { share: "other", treeId: 8 })];
        // Explanations have tests of their own.
        const plain = { ...personality, explainsErrors: false };
        const { state, io } = fakeShell(sorted(), { personality: plain, others });
        const outcomes = await state.runText(row.run);
        const expected = personality.name === "smbx" ? (row.smbx ?? row.smbclient) : row.smbclient;
        assert.equal(io.transcript, expected);
        const [asSmbclient, asSmbx] = row.status ?? [0, 0];
        const status = personality.name === "smbx" ? asSmbx : asSmbclient;
        assert.equal(plain.exitStatus(outcomes), status);
      });
    }
  });
}

describe("usage of commands without their arguments", () => {
  const usages = [
    ["get", "get <filename> [localname]"],
    ["put", "put <filename>"],
    ["reget", "reget <filename> [localname]"],
    ["mkdir", "mkdir <dirname>"],
    ["rmdir", "rmdir <dirname>"],
    ["rm", "del <filename>"],
    ["deltree", "deltree <filename>"],
    ["rename a", "rename <src> <dest> [-f]"],
    ["rename a b -x", "rename <src> <dest> [-f]"],
    ["mget", "nothing to mget"],
    ["more", "more <filename>"],
    ["setmode a", "setmode <filename> <[+|-]rsha>"],
    ["setmode a xyz", "setmode <filename> <perm=[+|-]rsha>"],
    ["allinfo", "allinfo <file>"],
    ["altname", "altname <file>"],
    ["stat", "stat file"],
    ["scopy a", "scopy <src> <dest>"],
    ["hardlink a", "hardlink <src> <dest>"],
    ["tcon", "tcon <sharename>"],
    ["logon", "logon <username> [<password>]"],
    ["iosize", "iosize <n> or iosize 0x<n>."],
    ["timeout", "timeout <n> (per-operation timeout in seconds - currently 20)."],
    [
      "utimes a 2020:01:02-03:04:05",
      "Insufficient dates: 1\nutimes <filename> <create-time> <access-time> <write-time> <change-time>\nDates should be in YY:MM:DD-HH:MM:SS format or -1 for no change",
    ],
    [
      "utimes a b",
      "Invalid date format: b\nutimes <filename> <create-time> <access-time> <write-time> <change-time>\nDates should be in [YY]YY:MM:DD-HH:MM:SS format or -1 for no change",
    ],
  ] as const;
  for (const [line, expected] of usages) {
    it(line, async () => {
      const { state, io } = fakeShell(sorted());
      const { error } = await state.run(line);
      assert.equal(io.stderr, `${expected}\n`);
      assert.equal(io.stdout, "");
      assert.equal((error as Error).name, "UsageError");
    });
  }
});

describe("streams", () => {
  it("smbclient's messages go to standard output, ours to standard error with an explanation", async () => {
    const compatible = fakeShell(sorted(), { personality: smbclientPersonality });
    await compatible.state.run("cd nosuch");
    assert.equal(compatible.io.stderr, "");
    const own = fakeShell(sorted());
    await own.state.run("cd nosuch");
    assert.equal(own.io.stdout, "");
    assert.match(own.io.stderr, /^cd \\nosuch\\: NT_STATUS_OBJECT_NAME_NOT_FOUND\n {2}\S/);
  });

  it("snapshots that do not exist are told on standard error in any case", async () => {
    const { state, io } = fakeShell(sorted(), { personality: smbclientPersonality });
    await state.run("allinfo hello.txt");
    assert.match(io.stderr, /^NT_STATUS_INVALID_DEVICE_REQUEST getting shadow copy data/);
  });
});

describe("names from a server", () => {
  const evil = "a\x1b[2Jb";

  it("never send control characters to a terminal", async () => {
    const tree = new FakeTree({ [evil]: directory(), [`${evil}\\c`]: file(1) });
    const { state, io } = fakeShell(tree, { settings: { recurse: true, jobs: 1 } });
    tree.refuse("unlink", `${evil}\\c`, NtStatus.ACCESS_DENIED);
    for (const line of ["ls", "du", "deltree *", "cd a*", "pwd"]) await state.run(line);
    state.cwd = evil;
    await state.run("pwd");
    await state.run("cd");
    assert.ok(io.transcript.includes("a\\x1b[2Jb"));
    assert.ok(!io.transcript.includes("\x1b"));
    assert.ok(!state.prompt.includes("\x1b"));
  });
});
