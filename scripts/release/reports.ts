/** What this folder reports: its errors with their facts and exit codes, its steps and its notes. */
import type { SignedBy } from '../package/signature.ts';
import type { ClosedFolder } from './check-writable.ts';
import type { EditedFile } from './copy/edited-files.ts';
import type { NotShared } from './copy/not-shared.ts';
import type { FileChanges } from './types.ts';
import type { NoVersion } from './version.ts';

declare module '../core/errors.ts' {
  interface Failures {
    'not-installed': Failure<'refused', { path: string }>;
    'version-file-missing': Failure<'refused', { path: string; name: string }>;
    'version-not-told': Failure<
      'refused',
      { path: string; name: string; because: Exclude<NoVersion, 'no-file'> }
    >;
    'version-invalid': Failure<'refused', { path: string; name: string; text: string }>;
    'version-other': Failure<'refused', { version: string; wanted: string }>;
    'version-same': Failure<'refused', { version: string }>;
    'version-older': Failure<'refused', { version: string; installed: string }>;
    'downgrade-migrations': Failure<
      'refused',
      {
        version: string;
        installed: string | null;
        migrations: readonly string[];
      }
    >;
    'adopt-other-version': Failure<'refused', { path: string; version: string; installed: string }>;
    'adopt-other-package': Failure<'refused', { path: string; version: string; files: number; same: number }>;
    'release-known': Failure<'refused', { version: string; path: string }>;
    'installed-version-invalid': Failure<'refused', { text: string }>;
    'release-exists': Failure<'refused', { version: string; path: string }>;
    'current-not-link': Failure<'refused', { path: string }>;
    'inside-application': Failure<'usage', { what: string; path: string; appDir: string }>;
    'is-mount-point': Failure<'refused', { path: string; persistent: boolean }>;
    'mounted-within': Failure<'refused', { path: string; tree: string }>;
    'may-not-rename': Failure<'refused', { folders: readonly ClosedFolder[]; user: string }>;
    'not-shared': Failure<'refused', { paths: readonly NotShared[] }>;
    'area-not-roots': Failure<'refused', { area: string }>;
    'not-one-file-system': Failure<'refused', { area: string; target: string }>;
    'release-list-damaged': Failure<'unsound', { path: string }>;
    'switch-lost': Failure<'notRolledBack', { kept: string }>;
  }
}

declare module '../core/events.ts' {
  interface Steps {
    'unpack-package': { path: string };
  }

  interface Notes {
    'attributes-of-replaced': { paths: readonly string[]; count: number };
    'files-compared': FileChanges;
    'files-modified': { paths: readonly string[]; files: readonly EditedFile[] };
    'files-displaced': { paths: readonly string[] };
    'files-carried-late': { paths: readonly string[] };
    'files-written-late': { copied: readonly string[]; left: readonly string[]; kept: string };
    'originals-unreadable': { path: string; reason: string };
    'files-carried': { paths: readonly string[] };
    'version-unknown': { version: string; path: string; name: string };
    'release-unknown': { installed: string | null; paths: readonly string[] };
    'package-ships-persistent': { paths: readonly string[] };
    'owners-not-kept': { count: number; path: string; uid: number };
    'setuid-not-kept': { paths: readonly string[] };
    'package-signed': SignedBy;
    'release-list-missing': { path: string };
  }
}
