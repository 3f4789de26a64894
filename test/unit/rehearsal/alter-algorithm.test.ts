import { expect, test } from 'vitest';
import { alteredTable } from '../../../scripts/rehearsal/watch-dry-run.ts';

test.each([
  ['ALTER TABLE users ADD a INT', 'users', ', '],
  ['alter  table\n`odd ``name` DROP b', 'odd `name', ', '],
  ['ALTER ONLINE IGNORE TABLE IF EXISTS été ADD a INT', 'été', ', '],
  ['CREATE INDEX i ON users (a)', 'users', ' '],
  ['CREATE UNIQUE INDEX `i` ON `users`(a)', 'users', ' '],
  ['DROP INDEX i ON users', 'users', ' '],
] as const)('%s alters a table', (text, table, separator) => {
  expect(alteredTable(text)).toEqual({ table, separator });
});

test.each([
  'ALTER TABLE app.users ADD a INT',
  'ALTER TABLE `app` . `users` ADD a INT',
  'ALTER TABLE users ADD a INT, ALGORITHM=INPLACE',
  'CREATE INDEX i ON app.users (a)',
  'ALTER VIEW v AS SELECT 1',
  'CREATE TABLE a (b INT)',
  'INSERT INTO a VALUES (1)',
])('%s is not tried apart', (text) => {
  expect(alteredTable(text)).toBeUndefined();
});
