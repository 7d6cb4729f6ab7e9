/**
 * Where single commands of the shell differ between smbx and smbclient. Commands ask for the habit,
 * never for the program; the two tables below are all there is.
 */
export interface ShellHabits {
  /** `stat` answers that the server lacks the UNIX extensions of SMB1 instead of what it knows. */
  readonly statNeedsUnixExtensions: boolean;
  /** Arguments that a command does not expect are dropped without a word. */
  readonly ignoresExtraArguments: boolean;
  /** `timeout x` and `iosize x` take what is no number for 0. */
  readonly readsWordsAsZero: boolean;
  /**
   * Settings change silently (recurse, prompt, lowercase, mask, lcd) and take no `on` or `off`;
   * `echo` does not tell its time; `help` of an unknown name says nothing; questions know `y` only.
   */
  readonly isTerse: boolean;
  /** `!command` works in `-c` too, not only on standard input and at the terminal. */
  readonly escapesToShellInScripts: boolean;
  /** Columns of `ls` are counted in bytes of UTF-8 rather than in columns of a terminal. */
  readonly padsNamesByBytes: boolean;
  /** Names go to a pipe or a file with the control characters they have. */
  readonly rawNamesInPipes: boolean;
  /** `pwd` names the share of the command line even after `tcon`. */
  readonly pwdNamesFirstShare: boolean;
  /** `ls dir/` and `ls /` look for a file without a name and fail. */
  readonly trailingSlashNamesNothing: boolean;
  /** `get dir/file` writes to `dir/file` rather than to `file`. */
  readonly getKeepsFolders: boolean;
  /** `get` into a local directory and `put` of one fail as for a name that cannot be opened. */
  readonly takesNoLocalDirectory: boolean;
  /** `put` to the name of a remote directory fails rather than storing into it. */
  readonly takesNoRemoteDirectory: boolean;
  /** `put` without a remote name sends the local one as it is: a backslash separates, a colon names a stream. */
  readonly sendsLocalNamesAsTheyAre: boolean;
  /** No bars: nothing is drawn while files are moved. */
  readonly drawsNoProgress: boolean;
  /** `logon` tells the VUID, a number of SMB1 that is always 0 in SMB2. */
  readonly tellsVuid: boolean;
  /** `allinfo` complains when a server keeps no snapshots. */
  readonly tellsMissingSnapshots: boolean;
  /** `mget` gives up at the first mask that fails. */
  readonly mgetStopsAtFailure: boolean;
  /** `deltree` gives up at the first thing that cannot be removed. */
  readonly deltreeStopsAtFailure: boolean;
  /** `setmode` says twice that a file does not exist. */
  readonly setmodeFailsTwice: boolean;
  /** `showconnect` and `listconnect` name the share and nothing of what was negotiated. */
  readonly showsOnlyTheShare: boolean;
}

/** smbx under its own name. */
export const ownHabits: ShellHabits = {
  statNeedsUnixExtensions: false,
  ignoresExtraArguments: false,
  readsWordsAsZero: false,
  isTerse: false,
  escapesToShellInScripts: true,
  padsNamesByBytes: false,
  rawNamesInPipes: false,
  pwdNamesFirstShare: false,
  trailingSlashNamesNothing: false,
  getKeepsFolders: false,
  takesNoLocalDirectory: false,
  takesNoRemoteDirectory: false,
  sendsLocalNamesAsTheyAre: false,
  drawsNoProgress: false,
  tellsVuid: false,
  tellsMissingSnapshots: false,
  mgetStopsAtFailure: false,
  deltreeStopsAtFailure: false,
  setmodeFailsTwice: false,
  showsOnlyTheShare: false,
};

/** smbclient 4.25. */
export const smbclientHabits: ShellHabits = {
  statNeedsUnixExtensions: true,
  ignoresExtraArguments: true,
  readsWordsAsZero: true,
  isTerse: true,
  escapesToShellInScripts: false,
  padsNamesByBytes: true,
  rawNamesInPipes: true,
  pwdNamesFirstShare: true,
  trailingSlashNamesNothing: true,
  getKeepsFolders: true,
  takesNoLocalDirectory: true,
  takesNoRemoteDirectory: true,
  sendsLocalNamesAsTheyAre: true,
  drawsNoProgress: true,
  tellsVuid: true,
  tellsMissingSnapshots: true,
  mgetStopsAtFailure: true,
  deltreeStopsAtFailure: true,
  setmodeFailsTwice: true,
  showsOnlyTheShare: true,
};
