/** No rights for the group and others. */
const UMASK = 0o077;

/**
 * From here on, what this process creates is for its own user alone: the database holds messages and hashes of passwords.
 * For programs, at their start: it holds for the whole process.
 */
export function keepFilesPrivate(): void {
  process.umask(UMASK);
}
