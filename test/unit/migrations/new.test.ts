import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMigration } from '../../../scripts/migrations/new.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maj-new-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const now = new Date('2026-11-22T10:15:30Z');

test.each([
  ['2025092300.sql', undefined, '2025092301_add.sql'],
  ['V3__x.sql', undefined, '4_add.sql'],
  ['upgrade_12.sql', undefined, '13_add.sql'],
  ['db5_x.sql', String.raw`(?:db)?(\d+)_\w+\.sql`, '6_add.sql'],
])('beside %s (MIGRATIONS_PATTERN=%s) a new script is %s', async (there, pattern, made) => {
  writeFileSync(join(folder, there), '');
  const settings = pattern === undefined ? {} : { MIGRATIONS_PATTERN: pattern };
  expect(basename(await createMigration(folder, 'add', { now, settings }))).toBe(made);
});

test.each([
  ['1.2.0.sql', undefined],
  ['16.0.0-17.0.0.sql', undefined],
  ['db5.sql', String.raw`db(\d+)\.sql`],
])('beside %s (MIGRATIONS_PATTERN=%s) its author has to name it', async (there, pattern) => {
  writeFileSync(join(folder, there), '');
  const settings = pattern === undefined ? {} : { MIGRATIONS_PATTERN: pattern };
  await expect(createMigration(folder, 'add', { now, settings })).rejects.toMatchObject({
    code: 'migration-own-scheme',
    exitCode: 3,
  });
});
