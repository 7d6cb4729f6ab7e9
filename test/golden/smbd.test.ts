import { fuzzStructures } from "../fuzz/structure-fuzz.ts";
import { checkStructures } from "./check-structures.ts";
import { smbdRows } from "./smbd-rows.ts";

checkStructures("[MS-SMBD] messages, byte by byte", smbdRows);
fuzzStructures("[MS-SMBD] messages, at random", smbdRows);
