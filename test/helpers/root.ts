/** Whether tests run as root. */
export const isRoot = process.geteuid?.() === 0;

/**
 * Tests of what only root can do, to mount a file system or to give a file to somebody else: other users have no such tests,
 * and `make test` says so at its start. Whole files of them are in `ofRoot` of vitest.config.ts.
 */
export function forRoot(define: () => void): void {
  if (isRoot) define();
}
