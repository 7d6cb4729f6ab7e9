/** [MS-FSCC] 2.6: FileAttributes. */
export const FileAttributes = {
  READONLY: 0x0000_0001,
  HIDDEN: 0x0000_0002,
  SYSTEM: 0x0000_0004,
  DIRECTORY: 0x0000_0010,
  ARCHIVE: 0x0000_0020,
  NORMAL: 0x0000_0080,
  TEMPORARY: 0x0000_0100,
  SPARSE_FILE: 0x0000_0200,
  REPARSE_POINT: 0x0000_0400,
  COMPRESSED: 0x0000_0800,
  OFFLINE: 0x0000_1000,
  NOT_CONTENT_INDEXED: 0x0000_2000,
  ENCRYPTED: 0x0000_4000,
  INTEGRITY_STREAM: 0x0000_8000,
  NO_SCRUB_DATA: 0x0002_0000,
  RECALL_ON_OPEN: 0x0004_0000,
  PINNED: 0x0008_0000,
  UNPINNED: 0x0010_0000,
  RECALL_ON_DATA_ACCESS: 0x0040_0000,
} as const;

/** Bits of the old attribute byte that [MS-FSCC] leaves out but smbclient has letters for. */
const VOLUME_LABEL = 0x08;
const DEVICE = 0x40;

type Letters = readonly (readonly [bit: number, letter: string])[];

/** In the order in which smbclient's `ls` prints them. */
const LISTING_LETTERS: Letters = [
  [VOLUME_LABEL, "V"],
  [FileAttributes.DIRECTORY, "D"],
  [FileAttributes.ARCHIVE, "A"],
  [FileAttributes.HIDDEN, "H"],
  [FileAttributes.SYSTEM, "S"],
  [FileAttributes.NORMAL, "N"],
  [FileAttributes.READONLY, "R"],
  [DEVICE, "d"],
  [FileAttributes.TEMPORARY, "t"],
  [FileAttributes.SPARSE_FILE, "s"],
  [FileAttributes.REPARSE_POINT, "r"],
  [FileAttributes.COMPRESSED, "c"],
  [FileAttributes.OFFLINE, "o"],
  [FileAttributes.NOT_CONTENT_INDEXED, "n"],
  [FileAttributes.ENCRYPTED, "e"],
];

/** In the order in which smbclient's `allinfo` prints them. */
const ALL_INFO_LETTERS: Letters = [
  [FileAttributes.ENCRYPTED, "E"],
  [FileAttributes.NOT_CONTENT_INDEXED, "N"],
  [FileAttributes.OFFLINE, "O"],
  [FileAttributes.COMPRESSED, "C"],
  [FileAttributes.REPARSE_POINT, "r"],
  [FileAttributes.SPARSE_FILE, "s"],
  [FileAttributes.TEMPORARY, "T"],
  [FileAttributes.READONLY, "R"],
  [FileAttributes.HIDDEN, "H"],
  [FileAttributes.SYSTEM, "S"],
  [FileAttributes.DIRECTORY, "D"],
  [FileAttributes.ARCHIVE, "A"],
];

/**
 * The letters of smbclient's `ls`: `D`, `N`, `AH`, `DAHSR`. smbclient prints no more than seven of
 * them, right-aligned; that is left to the listing.
 */
export function formatAttributes(attributes: number): string {
  return pick(LISTING_LETTERS, attributes);
}

/** The letters of smbclient's `allinfo`: `RHA`, `D`; none at all with NORMAL. */
export function formatAllInfoAttributes(attributes: number): string {
  if ((attributes & FileAttributes.NORMAL) !== 0) return "";
  return pick(ALL_INFO_LETTERS, attributes);
}

function pick(letters: Letters, attributes: number): string {
  let text = "";
  for (const [bit, letter] of letters) if ((attributes & bit) !== 0) text += letter;
  return text;
}
