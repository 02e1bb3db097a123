/** No permissions for the group and others. */
const UMASK = 0o077;

/**
 * Makes files that this process creates private to its user: the database holds messages and password hashes. Affects
 * the whole process, so programs call it at their start.
 */
export function keepFilesPrivate(): void {
  process.umask(UMASK);
}
