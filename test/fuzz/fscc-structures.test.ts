import { fsccRows } from "../golden/fscc-rows.ts";
import { fuzzStructures } from "./structure-fuzz.ts";

fuzzStructures("[MS-FSCC] structures of a hostile server", fsccRows);
