/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { EntryProblem } from './entry-rules.ts';
import type { RequirementsProblem, Unmet } from './requirements.ts';
import type { RequiredKey } from './signature.ts';

type KeyKind = RequiredKey['kind'];

declare module '../core/errors.ts' {
  interface Failures {
    'package-missing': Failure<'refused', { paths: readonly string[] }>;
    'package-not-found': Failure<'refused', { version: string; folder: string; versions: readonly string[] }>;
    'package-ambiguous': Failure<'refused', { version: string; names: readonly string[] }>;
    'package-form': Failure<'refused', { path: string; forms: readonly string[] }>;
    'package-sum-missing': Failure<'refused', { path: string; searched: readonly string[] }>;
    'package-sum-unclear': Failure<'refused', { path: string; sumFile: string }>;
    'package-sum-wrong': Failure<
      'unsound',
      { path: string; sumFile: string; expected: string; found: string }
    >;
    'github-no-release': Failure<
      'refused',
      {
        repository: string;
        tags: readonly string[];
        versions: readonly string[];
      }
    >;
    'github-no-package': Failure<'refused', { repository: string; tag: string; names: readonly string[] }>;
    'github-answer': Failure<'refused', { url: string; reason: string }>;
    'git-no-version': Failure<
      'refused',
      {
        repository: string;
        version: string;
        tags: readonly string[];
        versions: readonly string[];
      }
    >;
    'git-tags-differ': Failure<
      'refused',
      {
        repository: string;
        tags: readonly string[];
        commits: readonly string[];
      }
    >;
    'git-no-commit': Failure<'refused', { repository: string; name: string }>;
    'git-submodules': Failure<'refused', { commit: string; paths: readonly string[] }>;
    'git-lfs': Failure<'refused', { commit: string; paths: readonly string[] }>;
    'git-unsigned': Failure<'refused', { keyIds: readonly string[] }>;
    'public-key-invalid': Failure<'usage', { path: string; found: 'nothing' | 'secret' | 'other' }>;
    'gpgv-missing': Failure<'refused', { keyFile: string }>;
    'signature-missing': Failure<
      'refused',
      {
        path: string;
        sigFiles: readonly string[];
        kind: KeyKind;
        keyIds: readonly string[];
      }
    >;
    'signature-unreadable': Failure<'unsound', { sigFile: string; kind: KeyKind }>;
    'signature-of-message': Failure<'unsound', { path: string; sigFile: string }>;
    'signature-several': Failure<'unsound', { sigFile: string }>;
    'signature-of-text': Failure<'unsound', { path: string; sigFile: string }>;
    'signature-weak': Failure<'unsound', { path: string; sigFile: string; digest: string }>;
    'signature-expired': Failure<'unsound', { sigFile: string; userId: string }>;
    'signature-key-expired': Failure<'unsound', { sigFile: string; keyFile: string; userId: string }>;
    'signature-key-revoked': Failure<'unsound', { sigFile: string; keyFile: string; userId: string }>;
    'signature-unchecked': Failure<'unsound', { sigFile: string; output: string }>;
    'signature-legacy': Failure<'refused', { path: string; sigFile: string; bytes: number }>;
    'signature-other-key': Failure<'unsound', { sigFile: string; keyIds: readonly string[]; found: string }>;
    'signature-wrong': Failure<'unsound', { path: string; sigFile: string }>;
    'signature-comment-wrong': Failure<'unsound', { sigFile: string; comment: string }>;
    'package-changed': Failure<'refused', { path: string }>;
    'package-damaged': Failure<'unsound', { path: string; reason: string }>;
    'package-unsafe': Failure<'unsound', { package: string; entry: string; problem: EntryProblem }>;
    'requirements-no-file': Failure<'unsound', { path: string; bytes: number }>;
    'requirements-invalid': Failure<'unsound', { path: string; problems: readonly RequirementsProblem[] }>;
    'requirements-unmet': Failure<'refused', { version: string; unmet: readonly Unmet[] }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'download-package': { url: string };
    'verify-package': { path: string };
    'fetch-repository': { repository: string };
    'archive-commit': { commit: string; repository: string };
    'check-requirements': { version: string };
  }

  interface Notes {
    'package-there': { path: string };
    'package-of-commit': { commit: string; repository: string; path: string };
  }
}
