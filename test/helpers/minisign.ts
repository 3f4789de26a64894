import { spawnSync } from 'node:child_process';

/** Runs the real minisign; where it is not installed, the test fails and says what to install. */
export function minisign(...args: readonly string[]): string {
  const run = spawnSync('minisign', args, { encoding: 'utf8', input: '' });
  if (run.error !== undefined)
    throw new Error(`minisign cannot be started (${run.error.message}): install Debian's package minisign`);
  if (run.status !== 0) throw new Error(`minisign ${args.join(' ')}: ${run.stderr}${run.stdout}`);
  return run.stdout;
}
