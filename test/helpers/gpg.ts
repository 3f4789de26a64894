import { spawnSync } from 'node:child_process';
import { temporaryFolder } from './context.ts';

/** The real gpg, with keys of its own. */
export interface Gpg {
  /** Runs it; what it prints, in bytes. */
  readonly home: string;
  readonly gpg: (...args: readonly string[]) => Buffer;
  /** Ends the agent that it started. */
  readonly end: () => void;
}

/** In a home of its own; where gpg is not installed, the test fails and says what to install. */
export function gpgWithHome(): Gpg {
  const home = temporaryFolder('gpg');
  const run = (program: string, args: readonly string[]): Buffer => {
    const done = spawnSync(program, ['--homedir', home, ...args], { input: '' });
    if (done.error !== undefined)
      throw new Error(
        `${program} cannot be started (${done.error.message}): install Debian's packages gpg, gpg-agent and gpgv`,
      );
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr.toString()}`);
    return done.stdout;
  };
  const unasked = ['--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', ''];
  return {
    home,
    gpg: (...args) => run('gpg', [...unasked, ...args]),
    end: () => void run('gpgconf', ['--kill', 'all']),
  };
}
