import { checkStructures } from "./check-structures.ts";
import { fsccRows } from "./fscc-rows.ts";

checkStructures("[MS-FSCC] structures, byte by byte", fsccRows);
