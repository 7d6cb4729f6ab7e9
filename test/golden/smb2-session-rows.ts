import { CancelRequest } from "../../src/core/smb2/cancel.ts";
import { EchoRequest, EchoResponse } from "../../src/core/smb2/echo.ts";
import { LogoffRequest, LogoffResponse } from "../../src/core/smb2/logoff.ts";
import { NegotiateRequest, NegotiateResponse } from "../../src/core/smb2/negotiate.ts";
import { POSIX_EXTENSIONS_ID } from "../../src/core/smb2/negotiate-contexts.ts";
import { SessionSetupRequest, SessionSetupResponse } from "../../src/core/smb2/session-setup.ts";
import { TreeConnectRequest, TreeConnectResponse } from "../../src/core/smb2/tree-connect.ts";
import {
  TreeDisconnectRequest,
  TreeDisconnectResponse,
} from "../../src/core/smb2/tree-disconnect.ts";
import { fromHex, type GoldenRow, PLACEHOLDER, row, sixteen } from "./golden-row.ts";

const none = new Uint8Array(0);

/** Connection, session and tree messages: [MS-SMB2] 2.2.3 to 2.2.12 and 2.2.28 to 2.2.30. */
export const sessionRows: readonly GoldenRow[] = [
  row(
    NegotiateRequest,
    "two old dialects, from 2.2.3",
    {
      securityMode: 1,
      capabilities: 0,
      clientGuid: sixteen(0xa1),
      dialects: [0x0202, 0x0210],
      negotiateContexts: [],
    },
    `2400 0200                           # StructureSize, DialectCount
     0100 0000 00000000                  # SecurityMode, Reserved, Capabilities
     a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1    # ClientGuid
     0000000000000000                    # ClientStartTime
     0202 1002                           # Dialects`,
  ),
  row(
    NegotiateRequest,
    "all dialects, as Samba 4.17's smbclient sends it",
    {
      securityMode: 1,
      capabilities: 0x7f,
      clientGuid: fromHex("dd0711fbb9420d49901d8b7b2ff1398e"),
      dialects: [0x0202, 0x0210, 0x0300, 0x0302, 0x0311],
      negotiateContexts: [
        {
          kind: "preauth-integrity",
          hashAlgorithms: [1],
          salt: fromHex("64bb013e748a2bd90021e42b4cf0a576c21fa1308a7f0e175600278e2609bfe2"),
        },
        { kind: "encryption", ciphers: [2, 1, 4, 3] },
        { kind: "signing", signingAlgorithms: [2, 1, 0] },
        { kind: "netname", netName: "127.0.0.1" },
      ],
    },
    `2400 0500 0100 0000 7f000000 dd0711fbb9420d49901d8b7b2ff1398e
     70000000 0400 0000
     0202 1002 0003 0203 1103 0000
     0100 2600 00000000 0100 2000 0100
       64bb013e748a2bd90021e42b4cf0a576c21fa1308a7f0e175600278e2609bfe2 0000
     0200 0a00 00000000 0400 0200 0100 0400 0300 000000000000
     0800 0800 00000000 0300 0200 0100 0000
     0500 1200 00000000 3100320037002e0030002e0030002e003100`,
  ),
  row(
    NegotiateRequest,
    "the other contexts, and one that nobody knows, from 2.2.3.1",
    {
      securityMode: 1,
      capabilities: 0x7f,
      clientGuid: sixteen(0x11),
      dialects: [0x0311],
      negotiateContexts: [
        { kind: "compression", flags: 1, compressionAlgorithms: [3, 2, 4] },
        { kind: "transport", flags: 1 },
        { kind: "rdma-transform", rdmaTransformIds: [1, 2] },
        { kind: "posix", versions: [POSIX_EXTENSIONS_ID] },
        { kind: "unknown", type: 0x0abc, data: fromHex("112233") },
      ],
    },
    `2400 0100 0100 0000 7f000000 11111111111111111111111111111111
     68000000 0500 0000                  # NegotiateContextOffset, NegotiateContextCount, Reserved2
     1103 0000                           # Dialects, padding to 0x68
     0300 0e00 00000000                  # COMPRESSION_CAPABILITIES
       0300 0000 01000000 0300 0200 0400 0000
     0600 0400 00000000 01000000 00000000 # TRANSPORT_CAPABILITIES
     0700 0c00 00000000                  # RDMA_TRANSFORM_CAPABILITIES
       0200 0000 00000000 0100 0200 00000000
     0001 1000 00000000                  # POSIX_EXTENSIONS_AVAILABLE
       93ad25509cb411e7b42383de968bcd7c
     bc0a 0300 00000000 112233`,
  ),
  row(
    NegotiateResponse,
    "2.1, no token, from 2.2.4",
    {
      securityMode: 3,
      dialectRevision: 0x0210,
      serverGuid: sixteen(0xb2),
      capabilities: 7,
      maxTransactSize: 0x10_0000,
      maxReadSize: 0x80_0000,
      maxWriteSize: 0x40_0000,
      systemTime: 0x01dd_7be5_075e_fc08n,
      serverStartTime: 0n,
      securityBuffer: none,
      negotiateContexts: [],
    },
    `4100 0300 1002 0000                 # StructureSize, SecurityMode, DialectRevision, Reserved
     b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2    # ServerGuid
     07000000                            # Capabilities
     00001000 00008000 00004000          # MaxTransactSize, MaxReadSize, MaxWriteSize
     08fc5e07e57bdd01 0000000000000000   # SystemTime, ServerStartTime
     8000 0000 00000000 00               # SecurityBufferOffset, -Length, Reserved2`,
    PLACEHOLDER,
  ),
  row(
    NegotiateResponse,
    "3.1.1, as Samba 4.17 sends it (its name replaced)",
    {
      securityMode: 1,
      dialectRevision: 0x0311,
      serverGuid: fromHex("6e617300000000000000000000000000"),
      capabilities: 0x0f,
      maxTransactSize: 0x80_0000,
      maxReadSize: 0x80_0000,
      maxWriteSize: 0x80_0000,
      systemTime: 0x01dd_7b62_e507_5efcn,
      serverStartTime: 0n,
      securityBuffer: fromHex(`604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028
        a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265`),
      negotiateContexts: [
        {
          kind: "preauth-integrity",
          hashAlgorithms: [1],
          salt: fromHex("59279a5084b482bc416cc0c8778eb8a8bfd845003ae4173a9236c7177d7d9d14"),
        },
        { kind: "encryption", ciphers: [2] },
        { kind: "signing", signingAlgorithms: [2] },
      ],
    },
    `4100 0100 1103 0300 6e617300000000000000000000000000
     0f000000 00008000 00008000 00008000 fc5e07e5627bdd01 0000000000000000
     8000 4a00 d0000000
     604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028
     a0261b246e6f745f646566696e65645f696e5f5246433431373840706c656173655f69676e6f7265
     000000000000
     0100 2600 00000000 0100 2000 0100
       59279a5084b482bc416cc0c8778eb8a8bfd845003ae4173a9236c7177d7d9d14 0000
     0200 0400 00000000 0100 0200 00000000
     0800 0400 00000000 0100 0200`,
  ),
  row(
    SessionSetupRequest,
    "a token, and a session to replace, from 2.2.5",
    {
      flags: 1,
      securityMode: 2,
      capabilities: 1,
      previousSessionId: 0x0102_0304_0506_0708n,
      securityBuffer: fromHex("deadbeef"),
    },
    `1900 01 02                          # StructureSize, Flags, SecurityMode
     01000000 00000000                   # Capabilities, Channel
     5800 0400                           # SecurityBufferOffset, SecurityBufferLength
     0807060504030201                    # PreviousSessionId
     deadbeef`,
  ),
  row(
    SessionSetupResponse,
    "a guest's logon, as Samba 4.17 sends it",
    { sessionFlags: 1, securityBuffer: fromHex("a1073005a0030a0100") },
    "0900 0100 4800 0900 a1073005a0030a0100",
  ),
  row(
    SessionSetupResponse,
    "no token, from 2.2.6",
    { sessionFlags: 4, securityBuffer: none },
    "0900 0400 4800 0000 00",
    PLACEHOLDER,
  ),
  row(
    SessionSetupResponse,
    "no token and no place for one",
    { sessionFlags: 0, securityBuffer: none },
    "0900 0000 0000 0000",
    { decodeOnly: "we tell where the token would be" },
  ),
  row(LogoffRequest, "from 2.2.7", {}, "0400 0000"),
  row(LogoffResponse, "from 2.2.8", {}, "0400 0000"),
  row(
    TreeConnectRequest,
    "from 2.2.9",
    { flags: 0, path: "\\\\nas\\pub" },
    `0900 0000 4800 1200                 # StructureSize, Flags, PathOffset, PathLength
     5c00 5c00 6e00 6100 7300 5c00 7000 7500 6200`,
  ),
  row(
    TreeConnectRequest,
    "a flag of 3.1.1, from 2.2.9",
    { flags: 2, path: "\\\\ß\\x" },
    "0900 0200 4800 0a00 5c00 5c00 df00 5c00 7800",
  ),
  row(
    TreeConnectResponse,
    "a pipe share, from 2.2.10",
    { shareType: 2, shareFlags: 0x30, capabilities: 8, maximalAccess: 0x1f_00a9 },
    "1000 02 00 30000000 08000000 a9001f00",
  ),
  row(
    TreeConnectResponse,
    "a disk share, as Samba 4.17 sends it",
    { shareType: 1, shareFlags: 0, capabilities: 0, maximalAccess: 0x1f_01ff },
    "100001000000000000000000ff011f00",
  ),
  row(TreeDisconnectRequest, "from 2.2.11", {}, "0400 0000"),
  row(TreeDisconnectResponse, "from 2.2.12", {}, "0400 0000"),
  row(EchoRequest, "from 2.2.28", {}, "0400 0000"),
  row(EchoResponse, "from 2.2.29", {}, "0400 0000"),
  row(CancelRequest, "from 2.2.30", {}, "0400 0000"),
];
