/** The commands of smbclient 4.25 that are not to be had here. */
export const missingCommands: readonly string[] = [
  ...["archive", "backup", "blocksize", "cancel", "case_sensitive", "chmod", "chown", "close"],
  ...["getfacl", "geteas", "link", "lock", "mkfifo", "newer", "notify", "open", "posix"],
  ...["posix_encrypt", "posix_open", "posix_mkdir", "posix_rmdir", "posix_unlink", "posix_whoami"],
  ...["print", "queue", "readlink", "setea", "showacls", "symlink", "tar", "tarmode", "translate"],
  ...["unlock", "vuid", "wdel"],
];
