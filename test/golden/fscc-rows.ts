import { fsccControlRows } from "./fscc-control-rows.ts";
import { fsccDirectoryRows } from "./fscc-directory-rows.ts";
import { fsccFileRows } from "./fscc-file-rows.ts";
import { fsccVolumeRows } from "./fscc-volume-rows.ts";
import type { StructureRow } from "./structure-row.ts";

/** Every structure of core/fscc. */
export const fsccRows: readonly StructureRow[] = [
  ...fsccDirectoryRows,
  ...fsccFileRows,
  ...fsccVolumeRows,
  ...fsccControlRows,
];
