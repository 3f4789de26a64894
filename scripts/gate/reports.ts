/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { DatabaseIdentity } from '../database/same-database.ts';
import type { ContentProblem } from './commit-place.ts';
import type { LiveReason } from './compare-live.ts';
import type { GateReason, ScriptChange } from './decide.ts';
import type { PublishedReason } from './published.ts';
import type { SpotProblem } from './on-the-spot-rule.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'gate-refused': Failure<
      'refused',
      {
        branch: string;
        commit: string;
        database: DatabaseIdentity | undefined;
        /** Whether receipts count that others have published. */
        published: boolean;
        reasons: readonly (GateReason | LiveReason | PublishedReason)[];
        /** The working tree has the migrations of the commit. */
        inWorkingTree: boolean;
        /** The project's folder from the one that maj was called in, as hooks are in the repository's root; empty: the same. */
        folder: string;
        /** How long the last rehearsal took. */
        lastMs: number | undefined;
        /** Why one on the spot came to nothing; undefined: none was tried, or the reasons tell. */
        problem: SpotProblem | undefined;
      }
    >;
    'gate-deletion': Failure<'refused', { branches: readonly string[]; mirror: boolean }>;
    'gate-branch-of-remote': Failure<'usage', { pattern: string; remote: string }>;
    'gate-unsaid': Failure<'refused', { folder: string; guarded: readonly string[]; branch: string }>;
    'gate-bypass-reason': Failure<'usage', { reason: string }>;
    'gate-content': Failure<'refused', { commit: string; problem: ContentProblem }>;
    'gate-elsewhere': Failure<'refused', { folder: string }>;
    'gate-input': Failure<'usage'>;
    'gate-input-empty': Failure<'refused', { known: boolean }>;
    'gate-git': Failure<'refused', { command: string; output: string }>;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'gate-live-unknown': { why: string };
    'gate-live-elsewhere': NoFacts;
    'gate-rehearses': { branch: string; commit: string; expectedMs: number };
    'gate-came-around': { branch: string; commit: string; changes: readonly ScriptChange[] };
    'gate-first-push': { branch: string };
    'gate-bypassed': { branch: string; by: string; reason: string; path: string };
    'gate-unsaid': { folder: string; guarded: readonly string[] };
  }
}
