import { expect, test } from 'vitest';
import type { FileReport } from '../../../scripts/application/file-permissions.ts';
import { table } from '../../../scripts/core/format.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { changeLines } from '../../../scripts/messages/en/release.ts';
import { fileLines, permissionLines } from '../../../scripts/messages/en/status.ts';

const name = 'a\u001b[1mb\nok    All is well\u2028';
const none = { count: 0, first: [] };
const noFiles = {
  known: true,
  added: [],
  changed: [],
  removed: [],
  remade: [],
  modified: [],
  modes: [],
  deleted: [],
  displaced: [],
  carried: [],
};

const files: FileReport = {
  user: 'www-data',
  userBy: 'app-user',
  problems: { unreadable: none, writable: none, exposed: none },
  code: { files: 1, writable: 0 },
  missing: [],
  data: [],
  partly: false,
};

test.each<[string, string]>([
  ['a table', table([[name, 'x']]).join('\n')],
  ['a list of files', en.notes['files-carried']({ paths: [name] })],
  ['files in a row', changeLines({ ...noFiles, carried: [name] }).join('\n')],
  [
    'files with wrong permissions',
    permissionLines({
      ...files,
      problems: { ...files.problems, writable: { count: 1, first: [name] } },
    }).join('\n'),
  ],
  ['a path of APP_PERSIST', fileLines({ ...files, missing: [name] }).join('\n')],
  ['a folder of data', fileLines({ ...files, data: [{ folder: name, files: 1 }] }).join('\n')],
  ['files by folder', en.notes['files-carried']({ paths: Array.from({ length: 9 }, () => `${name}/x`) })],
  [
    'an entry of a package',
    en.errors['package-unsafe']({ package: 'p', entry: name, problem: 'type' }).message,
  ],
  ['a move', en.results.release.moves([{ kind: 'rename', from: name, to: 'b', witness: 'to' }]).join('\n')],
  [
    'a file that cannot be read',
    en.errors['file-failed']({ path: name, action: 'read', reason: 'x' }).message,
  ],
  [
    'a log file',
    en.errors['new-log-errors']({ errors: [{ log: name, number: 1, line: 'x', count: 1 }] }).message,
  ],
  ['links that lead out', en.notes['links-lead-out']({ links: [{ path: name, leadsTo: '/x' }], count: 1 })],
  [
    'what differs',
    en.errors['restore-differs']({
      id: 'i',
      database: 'd',
      differences: [name],
      diffs: [],
      again: 'c',
      others: undefined,
    }).message,
  ],
  ['tables that the server cannot read', en.errors['tables-unreadable']({ tables: [name] }).message],
])('a name is one line in %s', (_, text) => {
  expect(text).toContain(String.raw`a\x1b[1mb\nok    All is well\u2028`);
});
