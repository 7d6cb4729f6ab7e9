import { checkStructures } from "./check-structures.ts";
import { rpcRows } from "./rpc-rows.ts";

checkStructures("DCE/RPC, byte by byte", rpcRows);
