/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { HookManager } from './detect.ts';
import type { Edit, Layout } from './edits.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'init-no-repository': Failure<'usage', { folder: string; output: string }>;
    'init-inside': Failure<'usage', { folder: string; project: string }>;
    'init-not-bare': Failure<'usage', { folder: string; output: string }>;
    'init-path': Failure<'refused', { path: string }>;
    'init-not-installed': Failure<'usage', { command: string }>;
    'init-install': Failure<'refused', { command: string; output: string }>;
    'init-package-json': Failure<'refused', { path: string; reason: string }>;
    'init-by-hand': Failure<'refused', { files: readonly string[]; command: string }>;
    'init-hook-manager': Failure<'refused', { command: string; output: string }>;
    'init-trial': Failure<'refused', { command: string; output: string }>;
    'init-not-asked': Failure<'refused', { branch: string }>;
    'init-refused-otherwise': Failure<'refused', { branch: string; output: string }>;
    'init-not-allowed': Failure<'refused', { branch: string; output: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'init-install': { command: string };
    'init-write': { files: readonly string[] };
    'init-hook': { manager: HookManager['kind'] };
    'init-refuse': { branch: string };
    'init-allow': { branch: string };
  }
  interface Notes {
    'init-found': Pick<Layout, 'packageManager' | 'manager' | 'migrations' | 'branches'>;
    'init-ci-unsigned': NoFacts;
    'init-env-tracked': { path: string };
    'init-changes': { edits: readonly Edit[] };
  }
}
