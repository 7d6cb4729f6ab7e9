import { ChangeNotifyRequest, ChangeNotifyResponse } from "../../src/core/smb2/change-notify.ts";
import { ErrorResponse } from "../../src/core/smb2/error-response.ts";
import { IoctlRequest, IoctlResponse, NO_FILE_ID } from "../../src/core/smb2/ioctl.ts";
import {
  QueryDirectoryRequest,
  QueryDirectoryResponse,
} from "../../src/core/smb2/query-directory.ts";
import { QueryInfoRequest, QueryInfoResponse } from "../../src/core/smb2/query-info.ts";
import { SetInfoRequest, SetInfoResponse } from "../../src/core/smb2/set-info.ts";
import { fromHex, type GoldenRow, PLACEHOLDER, row, sixteen } from "./golden-row.ts";

const none = new Uint8Array(0);
const fileId = sixteen(7);
const FILE_ID = "07070707070707070707070707070707";

/** Controls, directories, information and errors: [MS-SMB2] 2.2.2 and 2.2.31 to 2.2.40. */
export const infoRows: readonly GoldenRow[] = [
  row(
    IoctlRequest,
    "FSCTL_VALIDATE_NEGOTIATE_INFO's frame, from 2.2.31",
    {
      ctlCode: 0x0014_0204,
      fileId: NO_FILE_ID,
      input: fromHex("01020304"),
      maxInputResponse: 0,
      maxOutputResponse: 24,
      flags: 1,
    },
    `3900 0000 04021400                  # StructureSize, Reserved, CtlCode
     ffffffffffffffffffffffffffffffff    # FileId
     78000000 04000000 00000000          # InputOffset, InputCount, MaxInputResponse
     00000000 00000000 18000000          # OutputOffset, OutputCount, MaxOutputResponse
     01000000 00000000                   # Flags, Reserved2
     01020304`,
  ),
  row(
    IoctlRequest,
    "no input, from 2.2.31",
    {
      ctlCode: 0x0014_4064,
      fileId,
      input: none,
      maxInputResponse: 0,
      maxOutputResponse: 16,
      flags: 1,
    },
    `3900 0000 64401400 ${FILE_ID} 00000000 00000000 00000000 00000000 00000000 10000000
     01000000 00000000 00`,
    PLACEHOLDER,
  ),
  row(
    IoctlRequest,
    "a DFS referral wanted, as Samba 4.17's smbclient sends it",
    {
      ctlCode: 0x0006_0194,
      fileId: NO_FILE_ID,
      input: fromHex("03005c003100320037002e0030002e0030002e0031005c007000750062000000"),
      maxInputResponse: 0,
      maxOutputResponse: 0xffff,
      flags: 1,
    },
    `3900000094010600ffffffffffffffffffffffffffffffff7800000020000000000000007800000000000000
     ffff0000010000000000000003005c003100320037002e0030002e0030002e0031005c007000750062000000`,
    { decodeOnly: "we leave OutputOffset 0, as there is no output in a request" },
  ),
  row(
    IoctlResponse,
    "output alone, from 2.2.32",
    {
      ctlCode: 0x0014_0078,
      fileId,
      input: none,
      output: fromHex("0102030405060708090a0b0c"),
    },
    `3100 0000 78001400 ${FILE_ID}       # StructureSize, Reserved, CtlCode, FileId
     70000000 00000000                   # InputOffset, InputCount
     70000000 0c000000                   # OutputOffset, OutputCount
     00000000 00000000                   # Flags, Reserved2
     0102030405060708090a0b0c`,
  ),
  row(
    IoctlResponse,
    "input and output, from 2.2.32",
    { ctlCode: 0x0011_c017, fileId, input: fromHex("aabbcc"), output: fromHex("dd") },
    `3100 0000 17c01100 ${FILE_ID} 70000000 03000000 78000000 01000000 00000000 00000000
     aabbcc 0000000000 dd`,
  ),
  row(
    IoctlResponse,
    "neither, and no offsets",
    { ctlCode: 0x0009_00c4, fileId, input: none, output: none },
    `3100 0000 c4000900 ${FILE_ID} 00000000 00000000 00000000 00000000 00000000 00000000`,
    { decodeOnly: "we tell where input and output would be" },
  ),
  row(
    QueryDirectoryRequest,
    "as Samba 4.17's smbclient sends it",
    {
      fileInformationClass: 37,
      flags: 0,
      fileIndex: 0,
      fileId: fromHex("a2ee5d05000000005066873800000000"),
      fileName: "nosuch",
      outputBufferLength: 0x80_0000,
    },
    `2100 25 00 00000000                 # StructureSize, FileInformationClass, Flags, FileIndex
     a2ee5d05000000005066873800000000    # FileId
     6000 0c00 00008000                  # FileNameOffset, FileNameLength, OutputBufferLength
     6e00 6f00 7300 7500 6300 6800`,
  ),
  row(
    QueryDirectoryRequest,
    "no pattern, from 2.2.33",
    {
      fileInformationClass: 1,
      flags: 5,
      fileIndex: 9,
      fileId,
      fileName: "",
      outputBufferLength: 1,
    },
    `2100 01 05 09000000 ${FILE_ID} 6000 0000 01000000 00`,
    PLACEHOLDER,
  ),
  row(
    QueryDirectoryResponse,
    "one entry, as Samba 4.17 sends it",
    {
      outputBuffer:
        fromHex(`0000000000000000c7e9ffd6627bdd01c7e9ffd6627bdd01436c00d7627bdd01436c00d7627bdd01
        28000000000000000010000000000000200000000c00000000000000000000000000000000000000
        00000000000000000000000000000000afe0160000000000750070002e00620069006e00`),
    },
    `0900 4800 74000000
     0000000000000000c7e9ffd6627bdd01c7e9ffd6627bdd01436c00d7627bdd01436c00d7627bdd01
     28000000000000000010000000000000200000000c00000000000000000000000000000000000000
     00000000000000000000000000000000afe0160000000000750070002e00620069006e00`,
  ),
  row(
    QueryDirectoryResponse,
    "nothing, from 2.2.34",
    { outputBuffer: none },
    "0900 0000 00000000 00",
    PLACEHOLDER,
  ),
  row(
    QueryDirectoryResponse,
    "nothing, and no byte that stands for it",
    { outputBuffer: none },
    "0900 4800 00000000",
    { decodeOnly: "we add that byte, and no offset" },
  ),
  row(
    ChangeNotifyRequest,
    "from 2.2.35",
    { flags: 1, outputBufferLength: 4096, fileId, completionFilter: 0x117 },
    `2000 0100 00100000 ${FILE_ID}       # StructureSize, Flags, OutputBufferLength, FileId
     17010000 00000000                   # CompletionFilter, Reserved`,
  ),
  row(
    ChangeNotifyResponse,
    "one change, from 2.2.36",
    { outputBuffer: fromHex("00000000 01000000 02000000 6100") },
    "0900 4800 0e000000 00000000 01000000 02000000 6100",
  ),
  row(
    QueryInfoRequest,
    "as Samba 4.17's smbclient sends it",
    {
      infoType: 1,
      fileInfoClass: 22,
      outputBufferLength: 65_535,
      additionalInformation: 0,
      flags: 0,
      fileId: fromHex("97e3d2e9000000007fa1d2eb00000000"),
      inputBuffer: none,
    },
    `2900 01 16 ffff0000                 # StructureSize, InfoType, FileInfoClass, OutputBufferLength
     0000 0000 00000000                  # InputBufferOffset, Reserved, InputBufferLength
     00000000 00000000                   # AdditionalInformation, Flags
     97e3d2e9000000007fa1d2eb00000000 00 # FileId`,
    PLACEHOLDER,
  ),
  row(
    QueryInfoRequest,
    "an EA asked for by name, from 2.2.37",
    {
      infoType: 1,
      fileInfoClass: 15,
      outputBufferLength: 1024,
      additionalInformation: 3,
      flags: 6,
      fileId,
      inputBuffer: fromHex("00000000 01 41 00"),
    },
    `2900 01 0f 00040000 6800 0000 07000000 03000000 06000000 ${FILE_ID}
     00000000 01 41 00`,
  ),
  row(
    QueryInfoResponse,
    "a stream's information, as Samba 4.17 sends it",
    {
      outputBuffer: fromHex(`000000000e0000000d0000000000000000100000000000003a003a00
        24004400410054004100`),
    },
    `0900480026000000000000000e0000000d0000000000000000100000000000003a003a00
     24004400410054004100`,
  ),
  row(
    SetInfoRequest,
    "the end of a file, from 2.2.39",
    {
      infoType: 1,
      fileInfoClass: 20,
      additionalInformation: 0,
      fileId,
      buffer: fromHex("00000c0000000000"),
    },
    `2100 01 14 08000000                 # StructureSize, InfoType, FileInfoClass, BufferLength
     6000 0000 00000000 ${FILE_ID}       # BufferOffset, Reserved, AdditionalInformation, FileId
     00000c0000000000`,
  ),
  row(SetInfoResponse, "from 2.2.40", {}, "0200"),
  row(
    ErrorResponse,
    "no data, from 2.2.2",
    { errorContexts: [], errorData: none },
    "0900 00 00 00000000 00",
    PLACEHOLDER,
  ),
  row(
    ErrorResponse,
    "no data but a byte of rubbish, as Samba 4.17 sends it while a READ is pending",
    { errorContexts: [], errorData: none },
    "090000000000000021",
    {
      decodeOnly: "we send a zero",
      slack: { bytes: 1, why: "ByteCount is 0: the byte only stands for the data" },
    },
  ),
  row(
    ErrorResponse,
    "the size that a buffer needs, from 2.2.2.2",
    { errorContexts: [], errorData: fromHex("18000000") },
    "0900 00 00 04000000 18000000",
  ),
  row(
    ErrorResponse,
    "contexts of 3.1.1, from 2.2.2.1",
    {
      errorContexts: [
        { errorId: 0x7264_5253, errorContextData: fromHex("ccdd") },
        { errorId: 0, errorContextData: fromHex("18000000") },
      ],
      errorData: fromHex("18000000"),
    },
    `0900 02 00 1c000000                 # StructureSize, ErrorContextCount, Reserved, ByteCount
     02000000 53526472 ccdd 000000000000 # ErrorDataLength, ErrorId, the data, padding
     04000000 00000000 18000000`,
  ),
];
