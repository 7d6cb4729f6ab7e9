import type { GoldenRow } from "./golden-row.ts";
import { fileRows } from "./smb2-file-rows.ts";
import { infoRows } from "./smb2-info-rows.ts";
import { sessionRows } from "./smb2-session-rows.ts";

/** Every golden SMB2 message. */
export const smb2Rows: readonly GoldenRow[] = [...sessionRows, ...fileRows, ...infoRows];
