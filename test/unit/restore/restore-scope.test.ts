import { expect, test } from 'vitest';
import { coversScope, restoreCommand, type RestoreScope } from '../../../scripts/restore/restore-mark.ts';

const scope = (database: RestoreScope['database'], files: boolean): RestoreScope => ({
  database,
  files,
  definers: 'keep',
});
const all = scope('whole', true);

test.each([
  ['all of it', all, all, true],
  ['all of it, of a part', all, scope(['users'], false), true],
  ['the database alone, of all of it', scope('whole', false), all, false],
  ['the database alone, of tables', scope('whole', false), scope(['users'], false), true],
  ['the files alone, of the files', scope('none', true), scope('none', true), true],
  ['the files alone, of all of it', scope('none', true), all, false],
  ['the files alone, of a table', scope('none', true), scope(['users'], false), false],
  ['a table, of the database', scope(['users'], false), scope('whole', false), false],
  ['the same tables and one more', scope(['users', 'teams'], false), scope(['users'], false), true],
  ['one table less', scope(['users'], false), scope(['users', 'teams'], false), false],
  ['a table, of the files', scope(['users'], false), scope('none', true), false],
])('%s leaves nothing half done of what was cut off: %#', (_title, puts, unfinished, covers) => {
  expect(coversScope(puts, unfinished)).toBe(covers);
});

test.each([
  [all, 'maj restore b'],
  [scope('whole', false), 'maj restore b --database-only'],
  [scope('none', true), 'maj restore b --files-only'],
  [scope(['users', 'time sheets'], false), "maj restore b --tables 'users,time sheets'"],
  [{ ...all, definers: 'current' as const }, 'maj restore b --definers current'],
])('what puts back %j is asked for by %s', (puts, command) => {
  expect(restoreCommand('b', puts)).toBe(command);
});
