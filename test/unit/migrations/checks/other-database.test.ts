import { expect, test } from 'vitest';
import { createDatabaseGuard } from '../../../../scripts/migrations/checks/check.ts';
import { MajError } from '../../../../scripts/errors.ts';
import { splitStatements } from '../../../../scripts/migrations/splitter.ts';

const refuse = (text: string): void => {
  const file = '012_change.sql';
  splitStatements(text, { file }).forEach(createDatabaseGuard(file, { database: 'shop' }));
};

test('a script that names another database is refused with its place, whatever its comments say', () => {
  const text = 'SELECT 1;\n-- maj: allow-file other-database: please\nDELETE FROM\n  other.users WHERE a;';
  let thrown: unknown;
  try {
    refuse(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(MajError);
  expect(thrown).toMatchObject({ code: 'migration-other-database', exitCode: 3 });
  expect(String(thrown)).toContain('012_change.sql:4:3: this names the database other, which is not shop');
});

test('its own database, and what every server has, are none', () => {
  expect(() => refuse('SELECT * FROM shop.a, information_schema.TABLES; DROP TABLE a')).not.toThrow();
});
