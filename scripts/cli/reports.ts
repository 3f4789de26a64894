/** What the command line reports: its errors with their facts and exit codes, its steps and its notes. */
import type { NamedBackup } from '../backup/find.ts';
import type { Slip } from '../config/parse.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'restore-which': Failure<
      'refused',
      {
        id: string;
        version: string | null;
        installed: string | null;
        own: string | undefined;
      }
    >;
    'no-verb': Failure<'usage'>;
    'unknown-verb': Failure<'usage', { verb: string; nearest: string | undefined }>;
    'bad-usage': Failure<'usage', { verb: string; reason: string }>;
    'secret-option': Failure<'usage', { option: string; setting: string }>;
    'npm-kept-options': Failure<'usage', { options: readonly string[]; command: string }>;
    'no-project': Failure<'usage', { path: string }>;
    'confirmation-needed': Failure<'refused', { question: string }>;
    'not-confirmed': Failure<'refused'>;
    'check-format': Failure<'usage', { given: string; choices: readonly string[] }>;
    'check-file': Failure<'usage', { file: string; places: readonly string[] }>;
    'migrations-not-rehearsed': Failure<'refused', { files: readonly string[] }>;
  }
}

declare module '../core/events.ts' {
  interface Notes {
    'maintenance-not-managed': NoFacts;
    'maintenance-is-off': NoFacts;
    'other-server-backup': NamedBackup;
    'restore-other-version': {
      id: string;
      version: string | null;
      installed: string | null;
      whole: boolean;
    };
    'files-replaced': { id: string; written: readonly string[] };
    'files-not-known': { id: string; reason: string };
    'settings-exposed': { path: string };
    'settings-near': { slips: readonly Slip[] };
    'settings-ignored': { names: readonly string[] };
  }
}
