import { CloseRequest, CloseResponse } from "../../src/core/smb2/close.ts";
import { CreateRequest, CreateResponse } from "../../src/core/smb2/create.ts";
import { FlushRequest, FlushResponse } from "../../src/core/smb2/flush.ts";
import { LockRequest, LockResponse } from "../../src/core/smb2/lock.ts";
import {
  LeaseBreakAcknowledgment,
  LeaseBreakNotification,
  LeaseBreakResponse,
  OplockBreakAcknowledgment,
  OplockBreakNotification,
  OplockBreakResponse,
} from "../../src/core/smb2/oplock-break.ts";
import { ReadRequest, ReadResponse } from "../../src/core/smb2/read.ts";
import { WriteRequest, WriteResponse } from "../../src/core/smb2/write.ts";
import { fromHex, type GoldenRow, PLACEHOLDER, row, sixteen } from "./golden-row.ts";

const none = new Uint8Array(0);
const fileId = sixteen(7);
const FILE_ID = "07070707070707070707070707070707";
/** A buffer descriptor of [MS-SMB2] 2.2.31.1: offset, token, length. */
const descriptor = fromHex("0000000000000000 efbeadde 00001000");

/** Messages about open files: [MS-SMB2] 2.2.13 to 2.2.27. */
export const fileRows: readonly GoldenRow[] = [
  row(
    CreateRequest,
    "open a file, from 2.2.13",
    {
      requestedOplockLevel: 0,
      impersonationLevel: 2,
      desiredAccess: 0x12_0089,
      fileAttributes: 0,
      shareAccess: 3,
      createDisposition: 1,
      createOptions: 0x40,
      name: "hello.txt",
      createContexts: [],
    },
    `3900 00 00 02000000                 # StructureSize, SecurityFlags, oplock, ImpersonationLevel
     0000000000000000 0000000000000000   # SmbCreateFlags, Reserved
     89001200 00000000                   # DesiredAccess, FileAttributes
     03000000 01000000 40000000          # ShareAccess, CreateDisposition, CreateOptions
     7800 1200 00000000 00000000         # NameOffset, NameLength, contexts' offset and length
     6800 6500 6c00 6c00 6f00 2e00 7400 7800 7400`,
  ),
  row(
    CreateRequest,
    "the root of a share, from 2.2.13",
    {
      requestedOplockLevel: 0xff,
      impersonationLevel: 2,
      desiredAccess: 0x81,
      fileAttributes: 0x10,
      shareAccess: 7,
      createDisposition: 3,
      createOptions: 1,
      name: "",
      createContexts: [],
    },
    `3900 00 ff 02000000 0000000000000000 0000000000000000 81000000 10000000
     07000000 03000000 01000000 7800 0000 00000000 00000000 00`,
    PLACEHOLDER,
  ),
  row(
    CreateRequest,
    "with contexts, from 2.2.13.2",
    {
      requestedOplockLevel: 0xff,
      impersonationLevel: 2,
      desiredAccess: 0x8000_0000,
      fileAttributes: 0x80,
      shareAccess: 1,
      createDisposition: 2,
      createOptions: 0x20_0000,
      name: "a",
      createContexts: [
        { name: "RqLs", data: fromHex(`${FILE_ID} 07000000 00000000 0000000000000000`) },
        { name: "MxAc", data: none },
      ],
    },
    `3900 00 ff 02000000 0000000000000000 0000000000000000 00000080 80000000
     01000000 02000000 00002000 7800 0200 80000000 4c000000
     6100 000000000000                   # the name, padding to 0x80
     38000000 1000 0400 0000 1800 20000000 52714c73 00000000
       ${FILE_ID} 07000000 00000000 0000000000000000
     00000000 1000 0400 0000 0000 00000000 4d784163`,
  ),
  row(
    CreateResponse,
    "a file, from 2.2.14",
    {
      oplockLevel: 9,
      flags: 1,
      createAction: 1,
      creationTime: 0x01dd_7b62_d5e5_60f5n,
      lastAccessTime: 0x01dd_7b62_d6d2_4a27n,
      lastWriteTime: 0x01dd_7b62_d5e5_60f6n,
      changeTime: 0xffff_ffff_ffff_ffffn,
      allocationSize: 4096,
      endOfFile: 2 ** 40 + 13,
      fileAttributes: 0x80,
      fileId,
      createContexts: [],
    },
    `5900 09 01 01000000                 # StructureSize, OplockLevel, Flags, CreateAction
     f560e5d5627bdd01 274ad2d6627bdd01   # CreationTime, LastAccessTime
     f660e5d5627bdd01 ffffffffffffffff   # LastWriteTime, ChangeTime
     0010000000000000 0d00000000010000   # AllocationSize, EndofFile
     80000000 00000000                   # FileAttributes, Reserved2
     ${FILE_ID}                          # FileId
     00000000 00000000 00                # CreateContextsOffset, CreateContextsLength`,
    PLACEHOLDER,
  ),
  row(
    CreateResponse,
    "a directory, as Samba 4.17 sends it",
    {
      oplockLevel: 0,
      flags: 0,
      createAction: 1,
      creationTime: 0x01dd_7b62_d5e4_b369n,
      lastAccessTime: 0x01dd_7b62_d5e4_b369n,
      lastWriteTime: 0x01dd_7b62_d5e5_60f5n,
      changeTime: 0x01dd_7b62_d5e5_60f5n,
      allocationSize: 0,
      endOfFile: 0,
      fileAttributes: 0x10,
      fileId: fromHex("24c416cd00000000b9ecc00200000000"),
      createContexts: [],
    },
    `590000000100000069b3e4d5627bdd0169b3e4d5627bdd01f560e5d5627bdd01f560e5d5627bdd01
     00000000000000000000000000000000100000000000000024c416cd00000000b9ecc00200000000
     0000000000000000`,
    { decodeOnly: "we add the byte that stands for the empty variable part" },
  ),
  row(
    CreateResponse,
    "with contexts, from 2.2.14.2",
    {
      oplockLevel: 0,
      flags: 0,
      createAction: 2,
      creationTime: 1n,
      lastAccessTime: 2n,
      lastWriteTime: 3n,
      changeTime: 4n,
      allocationSize: 0,
      endOfFile: 0,
      fileAttributes: 0x20,
      fileId,
      createContexts: [
        { name: "MxAc", data: fromHex("00000000 ff011f00") },
        { name: "QFid", data: fromHex("0102030405060708 1112131415161718 ".padEnd(66, "0")) },
      ],
    },
    `5900 00 00 02000000 0100000000000000 0200000000000000 0300000000000000 0400000000000000
     0000000000000000 0000000000000000 20000000 00000000 ${FILE_ID}
     98000000 58000000
     20000000 1000 0400 0000 1800 08000000 4d784163 00000000 00000000 ff011f00
     00000000 1000 0400 0000 1800 20000000 51466964 00000000
       0102030405060708 1112131415161718 0000000000000000 0000000000000000`,
  ),
  row(
    CloseRequest,
    "from 2.2.15",
    { flags: 1, fileId },
    `1800 0100 00000000 ${FILE_ID}       # StructureSize, Flags, Reserved, FileId`,
  ),
  row(
    CloseResponse,
    "with attributes, from 2.2.16",
    {
      flags: 1,
      creationTime: 1n,
      lastAccessTime: 2n,
      lastWriteTime: 3n,
      changeTime: 0x8000_0000_0000_0000n,
      allocationSize: 2 ** 33,
      endOfFile: 2 ** 33 - 1,
      fileAttributes: 0x21,
    },
    `3c00 0100 00000000                  # StructureSize, Flags, Reserved
     0100000000000000 0200000000000000   # CreationTime, LastAccessTime
     0300000000000000 0000000000000080   # LastWriteTime, ChangeTime
     0000000002000000 ffffffff01000000   # AllocationSize, EndofFile
     21000000                            # FileAttributes`,
  ),
  row(FlushRequest, "from 2.2.17", { fileId }, `1800 0000 00000000 ${FILE_ID}`),
  row(FlushResponse, "from 2.2.18", {}, "0400 0000"),
  row(
    ReadRequest,
    "64 KiB at 4 GiB, from 2.2.19",
    {
      flags: 0,
      length: 65_536,
      offset: 2 ** 32,
      fileId,
      minimumCount: 1,
      channel: 0,
      channelInfo: none,
    },
    `3100 50 00 00000100                 # StructureSize, Padding, Flags, Length
     0000000001000000 ${FILE_ID}         # Offset, FileId
     01000000 00000000 00000000          # MinimumCount, Channel, RemainingBytes
     0000 0000 00                        # ReadChannelInfoOffset, ReadChannelInfoLength`,
    PLACEHOLDER,
  ),
  row(
    ReadRequest,
    "into the client's memory, from 2.2.19",
    {
      flags: 1,
      length: 0x10_0000,
      offset: 0,
      fileId,
      minimumCount: 0,
      channel: 2,
      channelInfo: descriptor,
    },
    `3100 50 01 00001000 0000000000000000 ${FILE_ID} 00000000 02000000 00000000 7000 1000
     0000000000000000 efbeadde 00001000`,
  ),
  row(
    ReadResponse,
    "13 bytes, as Samba 4.17 sends them",
    { data: Uint8Array.from(Buffer.from("hello golden\n")), dataRemaining: 0, flags: 0 },
    "110050000d000000000000000000000068656c6c6f20676f6c64656e0a",
  ),
  row(
    ReadResponse,
    "the data placed by RDMA, from 2.2.20",
    { data: none, dataRemaining: 0x10_0000, flags: 1 },
    "1100 50 00 00000000 00001000 01000000 00",
    PLACEHOLDER,
  ),
  row(
    ReadResponse,
    "nothing, and no offset",
    { data: none, dataRemaining: 0, flags: 0 },
    "1100 00 00 00000000 00000000 00000000",
    { decodeOnly: "we tell where the data would be" },
  ),
  row(
    WriteRequest,
    "40 bytes that follow, from 2.2.21",
    {
      length: 40,
      offset: 2 ** 32 + 1,
      fileId,
      channel: 0,
      remainingBytes: 0,
      channelInfo: none,
      flags: 1,
    },
    `3100 7000 28000000                  # StructureSize, DataOffset, Length
     0100000001000000 ${FILE_ID}         # Offset, FileId
     00000000 00000000                   # Channel, RemainingBytes
     0000 0000 01000000                  # WriteChannelInfoOffset, WriteChannelInfoLength, Flags`,
  ),
  row(
    WriteRequest,
    "from the client's memory, from 2.2.21",
    {
      length: 0,
      offset: 0,
      fileId,
      channel: 1,
      remainingBytes: 0x10_0000,
      channelInfo: descriptor,
      flags: 0,
    },
    `3100 0000 00000000 0000000000000000 ${FILE_ID} 01000000 00001000 7000 1000 00000000
     0000000000000000 efbeadde 00001000`,
  ),
  row(
    WriteResponse,
    "from 2.2.22",
    { count: 40 },
    "1100 0000 28000000 00000000 0000 0000 00",
    PLACEHOLDER,
  ),
  row(WriteResponse, "as Samba 4.17 sends it", { count: 40 }, "11000000280000000000000000000000", {
    decodeOnly: "we add the byte that stands for the empty variable part",
  }),
  row(
    LockRequest,
    "two ranges, from 2.2.26",
    {
      lockSequence: 0x15,
      fileId,
      locks: [
        { offset: 0n, length: 1n, flags: 0x12 },
        { offset: 0xffff_ffff_ffff_ffffn, length: 0n, flags: 4 },
      ],
    },
    `3000 0200 15000000 ${FILE_ID}       # StructureSize, LockCount, LockSequence, FileId
     0000000000000000 0100000000000000 12000000 00000000
     ffffffffffffffff 0000000000000000 04000000 00000000`,
  ),
  row(LockResponse, "from 2.2.27", {}, "0400 0000"),
  row(
    OplockBreakNotification,
    "from 2.2.23.1",
    { oplockLevel: 1, fileId },
    `1800 01 00 00000000 ${FILE_ID}`,
  ),
  row(
    OplockBreakAcknowledgment,
    "from 2.2.24.1",
    { oplockLevel: 0, fileId },
    `1800 00 00 00000000 ${FILE_ID}`,
  ),
  row(
    OplockBreakResponse,
    "from 2.2.25.1",
    { oplockLevel: 8, fileId },
    `1800 08 00 00000000 ${FILE_ID}`,
  ),
  row(
    LeaseBreakNotification,
    "from 2.2.23.2",
    { newEpoch: 0x1234, flags: 1, leaseKey: fileId, currentLeaseState: 7, newLeaseState: 3 },
    `2c00 3412 01000000 ${FILE_ID}       # StructureSize, NewEpoch, Flags, LeaseKey
     07000000 03000000                   # CurrentLeaseState, NewLeaseState
     00000000 00000000 00000000          # BreakReason, AccessMaskHint, ShareMaskHint`,
  ),
  row(
    LeaseBreakAcknowledgment,
    "from 2.2.24.2",
    { leaseKey: fileId, leaseState: 3 },
    `2400 0000 00000000 ${FILE_ID} 03000000 0000000000000000`,
  ),
  row(
    LeaseBreakResponse,
    "from 2.2.25.2",
    { leaseKey: fileId, leaseState: 1 },
    `2400 0000 00000000 ${FILE_ID} 01000000 0000000000000000`,
  ),
];
