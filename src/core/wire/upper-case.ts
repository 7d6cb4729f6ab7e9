/**
 * Which table a server folds names with: that of Windows ([MS-UCODEREF] 3.1.5.3.2 UpperCaseMapping), or
 * that of Samba, which follows an older Unicode. `either` folds all that one of them folds.
 */
export type CaseTable = "windows" | "samba" | "either";

// Runs of UTF-16 units that have an upper case, so many units away. `61*26-32`: 26 units from 0x61 on,
// each 32 above its upper case; `101~24-1`: the same for every second one. Neither table has all that
// today's Unicode has, both map one unit to one, and nothing outside ASCII becomes ASCII.

/** What both tables have. */
const COMMON = `
  61*26-32 e0*23-32 f8*7-32 ff*1+121 101~24-1 133~3-1 13a~8-1 14b~23-1 17a~3-1 183~2-1 188*1-1
  18c*1-1 192*1-1 199*1-1 1a1~3-1 1a8*1-1 1ad*1-1 1b0*1-1 1b4~2-1 1b9*1-1 1bd*1-1 1c6*1-2 1c9*1-2
  1cc*1-2 1ce~8-1 1dd*1-79 1df~9-1 1f3*1-2 1f5*1-1 1fb~15-1 253*1-210 254*1-206 256*2-205
  259*1-202 25b*1-203 260*1-205 263*1-207 268*1-209 269*1-211 26f*1-211 272*1-213 275*1-214
  283*1-218 288*1-218 28a*2-217 292*1-219 3ac*1-38 3ad*3-37 3b1*17-32 3c3*9-32 3cc*1-64 3cd*2-63
  3e3~7-1 430*32-32 451*12-80 45e*2-80 461~17-1 491~24-1 4c2~2-1 4c8*1-1 4cc*1-1 4d1~14-1 4ef~4-1
  4f9*1-1 561*38-48 1e01~75-1 1ea1~45-1 1f00*8+8 1f10*6+8 1f20*8+8 1f30*8+8 1f40*6+8 1f51~4+8
  1f60*8+8 1f70*2+74 1f72*4+86 1f76*2+100 1f78*2+128 1f7a*2+112 1f7c*2+126 1fb0*2+8 1fd0*2+8
  1fe0*2+8 1fe5*1+7 2170*16-16 24d0*26-26 ff41*26-32
`;

/** What only Windows has. */
const ONLY_WINDOWS = `
  180*1+195 195*1+97 19a*1+163 19e*1+130 1bf*1+56 1f9*1-1 219~4-1 223~9-1 23c*1-1 242*1-1 247~5-1
  250*1+10783 251*1+10780 26b*1+10743 271*1+10749 27d*1+10727 280*1-218 289*1-69 28c*1-71 371~2-1
  377*1-1 37b*3+130 3d7*1-8 3d9~5-1 3f2*1+7 3f8*1-1 3fb*1-1 450*1-80 45d*1-80 48b~3-1 4c6*1-1
  4ca*1-1 4ce*1-1 4cf*1-15 4ed*1-1 4f7*1-1 4fb~21-1 1d79*1+35332 1d7d*1+3814 1efb~3-1 1f80*8+8
  1f90*8+8 1fa0*8+8 1fb3*1+9 1fc3*1+9 1ff3*1+9 214e*1-28 2184*1-1 2c30*47-48 2c61*1-1 2c65*1-10795
  2c66*1-10792 2c68~3-1 2c73*1-1 2c76*1-1 2c81~50-1 2d00*38-7264 a641~16-1 a663~6-1 a681~12-1
  a723~7-1 a733~31-1 a77a~2-1 a77f~5-1 a78c*1-1
`;

/** What only Samba has: the final sigma. */
const ONLY_SAMBA = "3c2*1-31";

const RUNS: Readonly<Record<CaseTable, string>> = {
  windows: COMMON + ONLY_WINDOWS,
  samba: COMMON + ONLY_SAMBA,
  either: COMMON + ONLY_WINDOWS + ONLY_SAMBA,
};

const tables = new Map<CaseTable, ReadonlyMap<number, number>>();

/** Upper case as servers have it: one UTF-16 unit for one, so that a German ß stays what it is. */
export function upperCase(text: string, table: CaseTable): string {
  if (isAscii(text)) return text.toUpperCase();
  const map = upperCaseTable(table);
  let result = "";
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    result += String.fromCharCode(map.get(unit) ?? unit);
  }
  return result;
}

/** A name as it is compared with others: equal for two that one server or another takes for the same. */
export function foldName(name: string): string {
  return upperCase(name, "either");
}

/** Whether Windows and Samba make different upper cases of `text`. */
export function isUpperCaseDisputed(text: string): boolean {
  return upperCase(text, "windows") !== upperCase(text, "samba");
}

/** The units that `table` changes, and what they become. */
export function upperCaseTable(table: CaseTable): ReadonlyMap<number, number> {
  let map = tables.get(table);
  if (map === undefined) {
    map = decode(RUNS[table]);
    tables.set(table, map);
  }
  return map;
}

function decode(runs: string): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (const [, first = "", stride, count, distance] of runs.matchAll(RUN)) {
    const step = stride === "~" ? 2 : 1;
    const start = Number.parseInt(first, 16);
    for (let index = 0; index < Number(count); index += 1) {
      const unit = start + index * step;
      map.set(unit, unit + Number(distance));
    }
  }
  return map;
}

const RUN = /([0-9a-f]+)([*~])(\d+)([+-]\d+)/g;

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
