import { rpcRows } from "../golden/rpc-rows.ts";
import { fuzzStructures } from "./structure-fuzz.ts";

fuzzStructures("DCE/RPC of a hostile server", rpcRows);
