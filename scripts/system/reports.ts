/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { NotSet } from './attributes.ts';
import type { ProcessPlace } from './process/identity.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'setpriv-missing': Failure<'refused', { user: string }>;
    'file-name-unreadable': Failure<'refused', { path: string }>;
    'git-failed': Failure<'refused', { command: string; output: string }>;
    'ssh-keygen-missing': Failure<'refused'>;
    'program-failed': Failure<'refused', { program: string; exit: string; output: string }>;
    'proc-missing': Failure<'refused'>;
    'file-failed': Failure<'refused', { path: string; action: string; reason: string }>;
    locked: Failure<
      'locked',
      {
        verb: string;
        since: string;
        pid: number;
        host: string;
        where: ProcessPlace;
        path: string;
      }
    >;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'attributes-not-read': { paths: readonly string[]; count: number; why: string | null };
    'attributes-not-looked-at': NoFacts;
    'attributes-not-set': { things: readonly NotSet[]; count: number; why: string | null };
  }
}
