import { NtStatusError } from "../nt-status-error.ts";

/** A fault's name, and the NTSTATUS under which it is reported. */
type FaultMeaning = readonly [name: string, status: number];

/**
 * C706 appendix E for the names; [MS-RPCE] 3.1.1.5.5 for what a client makes of them. Windows also
 * sends Win32 codes and NTSTATUS values.
 */
const FAULTS: ReadonlyMap<number, FaultMeaning> = new Map<number, FaultMeaning>([
  [0x0000_0001, ["nca_s_fault_other", 0xc002_001b]],
  [0x0000_0005, ["access denied", 0xc000_0022]],
  [0x0000_06c6, ["nca_s_fault_invalid_bound", 0xc002_0023]],
  [0x0000_06d8, ["nca_s_fault_cant_perform", 0xc002_0041]],
  [0x0000_06e4, ["not supported", 0xc002_0041]],
  [0x0000_06f7, ["nca_s_fault_ndr", 0xc003_000c]],
  [0x0000_0721, ["nca_s_fault_sec_pkg_error", 0xc002_0057]],
  [0x1c00_0001, ["nca_s_fault_int_div_by_zero", 0xc002_0044]],
  [0x1c00_0002, ["nca_s_fault_addr_error", 0xc002_0045]],
  [0x1c00_0006, ["nca_s_fault_invalid_tag", 0xc002_0022]],
  [0x1c00_0007, ["nca_s_fault_invalid_bound", 0xc002_0023]],
  [0x1c00_0008, ["nca_rpc_version_mismatch", 0xc002_001d]],
  [0x1c00_0009, ["nca_unspec_reject", 0xc002_001b]],
  [0x1c00_000c, ["nca_manager_not_entered", 0xc002_001c]],
  [0x1c00_000d, ["nca_s_fault_cancel", 0xc002_0050]],
  [0x1c00_0012, ["nca_s_fault_unspec", 0xc002_001b]],
  [0x1c00_001a, ["nca_s_fault_context_mismatch", 0xc003_0005]],
  [0x1c00_001b, ["nca_s_fault_remote_no_memory", 0xc000_0017]],
  [0x1c00_001c, ["nca_invalid_pres_context_id", 0xc002_001d]],
  [0x1c01_0001, ["nca_s_comm_failure", 0xc002_0052]],
  [0x1c01_0002, ["nca_op_rng_error", 0xc002_002e]],
  [0x1c01_0003, ["nca_unk_if", 0xc002_0012]],
  [0x1c01_000b, ["nca_proto_error", 0xc002_001d]],
  [0x1c01_0013, ["nca_out_args_too_big", 0xc002_0016]],
  [0x1c01_0014, ["nca_server_too_busy", 0xc002_0018]],
  [0x1c01_0017, ["nca_unsupported_type", 0xc002_0021]],
  [0xc000_0022, ["access denied", 0xc000_0022]],
]);

/** RPC_NT_CALL_FAILED: how any other fault is reported. */
const CALL_FAILED = 0xc002_001b;

/** A server answered a call with a fault instead of a result. */
export class RpcFaultError extends NtStatusError {
  /** As it came on the wire. */
  readonly fault: number;
  /** `nca_op_rng_error`. */
  readonly faultName: string;

  constructor(fault: number, command: string) {
    const hex = `0x${fault.toString(16).padStart(8, "0")}`;
    const [name, status] = FAULTS.get(fault) ?? [`fault ${hex}`, CALL_FAILED];
    super(status, { command, message: `The server refused ${command}: ${name}` });
    this.fault = fault;
    this.faultName = name;
  }
}
