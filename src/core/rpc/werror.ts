import { NtStatusError } from "../nt-status-error.ts";

/** [MS-ERREF] 2.2 and [MS-SRVS] 2.2.2.10: the codes that code refers to. */
export const WError = {
  OK: 0,
  ACCESS_DENIED: 5,
  NOT_SUPPORTED: 50,
  INVALID_LEVEL: 124,
  MORE_DATA: 234,
} as const;

type Meaning = readonly [name: string, status: number];

/** Names as smbclient prints them, and the NTSTATUS that says the same. */
const WERRORS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [0, ["WERR_OK", 0]],
  [1, ["WERR_INVALID_FUNCTION", 0xc000_0002]],
  [2, ["WERR_FILE_NOT_FOUND", 0xc000_0034]],
  [3, ["WERR_PATH_NOT_FOUND", 0xc000_003a]],
  [5, ["WERR_ACCESS_DENIED", 0xc000_0022]],
  [6, ["WERR_INVALID_HANDLE", 0xc000_0008]],
  [8, ["WERR_NOT_ENOUGH_MEMORY", 0xc000_0017]],
  [14, ["WERR_OUTOFMEMORY", 0xc000_0017]],
  [31, ["WERR_GEN_FAILURE", 0xc000_0001]],
  [50, ["WERR_NOT_SUPPORTED", 0xc000_00bb]],
  [53, ["WERR_BAD_NETPATH", 0xc000_00be]],
  [65, ["WERR_NETWORK_ACCESS_DENIED", 0xc000_00ca]],
  [67, ["WERR_BAD_NET_NAME", 0xc000_00cc]],
  [71, ["WERR_REQ_NOT_ACCEP", 0xc000_00d0]],
  [87, ["WERR_INVALID_PARAMETER", 0xc000_000d]],
  [120, ["WERR_CALL_NOT_IMPLEMENTED", 0xc000_0002]],
  [122, ["WERR_INSUFFICIENT_BUFFER", 0xc000_0023]],
  [123, ["WERR_INVALID_NAME", 0xc000_0033]],
  [124, ["WERR_INVALID_LEVEL", 0xc000_0148]],
  [170, ["WERR_BUSY", 0xc000_00bf]],
  [234, ["WERR_MORE_DATA", 0x0000_0105]],
  [259, ["WERR_NO_MORE_ITEMS", 0x8000_001a]],
  [1722, ["WERR_RPC_S_SERVER_UNAVAILABLE", 0xc002_0017]],
  [2114, ["WERR_NERR_SERVERNOTSTARTED", 0xc000_0466]],
  [2123, ["WERR_NERR_BUFTOOSMALL", 0xc000_0023]],
  [2310, ["WERR_NERR_NETNAMENOTFOUND", 0xc000_00cc]],
  [2311, ["WERR_NERR_DEVICENOTSHARED", 0xc000_00cc]],
  [2351, ["WERR_NERR_INVALIDCOMPUTER", 0xc000_0122]],
]);

/** NT_STATUS_UNSUCCESSFUL: how a code without an equivalent is reported. */
const UNSUCCESSFUL = 0xc000_0001;

/** `WERR_ACCESS_DENIED`; for a code that has no name here, `WERR_0x00000abc`. */
export function werrorName(code: number): string {
  return WERRORS.get(code)?.[0] ?? `WERR_0x${code.toString(16).padStart(8, "0")}`;
}

/** A call was carried out and its result was not WERR_OK. */
export class WErrorError extends NtStatusError {
  /** [MS-ERREF] 2.2. */
  readonly werror: number;
  /** `WERR_ACCESS_DENIED`. */
  readonly werrorName: string;

  constructor(werror: number, command: string) {
    const status = WERRORS.get(werror)?.[1] ?? UNSUCCESSFUL;
    super(status, { command, message: `${werrorName(werror)} in ${command}` });
    this.werror = werror;
    this.werrorName = werrorName(werror);
  }
}
