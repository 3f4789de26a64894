/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { OwnFolder, Stranger } from './own-folders.ts';
import type { SettingProblem } from './parse.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'maintenance-unclear': Failure<'usage', { given: readonly string[]; missing: readonly string[] }>;
    'maintenance-file-outside': Failure<'usage', { path: string }>;
    'settings-invalid': Failure<'usage', { problems: readonly SettingProblem[] }>;
    'settings-not-shared': Failure<
      'usage',
      { path: string; names: readonly string[]; known: readonly string[] }
    >;
    'settings-missing': Failure<'usage', { names: readonly string[] }>;
    'settings-unreadable': Failure<'usage', { path: string; reason: string }>;
    'project-of-another': Failure<
      'usage',
      {
        projectDir: string;
        path: string;
        stranger: Stranger;
        owner: number;
        uid: number;
      }
    >;
    'folder-of-another': Failure<
      'refused',
      {
        projectDir: string;
        folder: OwnFolder;
        whole: string;
        path: string;
        stranger: Stranger;
        owner: number;
        uid: number;
      }
    >;
    'persist-invalid': Failure<'usage', { path: string }>;
  }
}
