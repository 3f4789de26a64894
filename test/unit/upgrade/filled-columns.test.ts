import { expect, test } from 'vitest';
import { isFilled, type NewColumn } from '../../../scripts/upgrade/go-back/lost-rows.ts';

const column: NewColumn = { name: 'c', isNullable: false, type: 'int', default: null, extra: '' };

test.each<[string, Partial<NewColumn>, 'mysql' | 'mariadb', string | undefined]>([
  ['what may be NULL, and is by default', { isNullable: true }, 'mysql', '`c` IS NOT NULL'],
  ['a number without a default', { type: 'decimal' }, 'mysql', '`c` <> 0'],
  ['a text without a default', { type: 'longtext' }, 'mysql', "`c` <> ''"],
  ['a date without a default', { type: 'datetime' }, 'mysql', "CAST(`c` AS CHAR) REGEXP '[1-9]'"],
  ['an ENUM, which begins with its first member', { type: 'enum' }, 'mysql', '`c` + 0 <> 1'],
  ['bytes, which begin with zeros', { type: 'binary' }, 'mysql', undefined],
  ['JSON without a default', { type: 'json' }, 'mysql', undefined],
  ['a constant on MySQL', { default: 'new (not seen)' }, 'mysql', 'NOT (`c` <=> DEFAULT(`c`))'],
  ['a constant on MariaDB', { default: "'new (not seen)'" }, 'mariadb', 'NOT (`c` <=> DEFAULT(`c`))'],
  ['a number on MariaDB', { default: '-1' }, 'mariadb', 'NOT (`c` <=> DEFAULT(`c`))'],
  ['the time on MySQL', { default: 'CURRENT_TIMESTAMP', extra: 'DEFAULT_GENERATED' }, 'mysql', undefined],
  ['the time on MariaDB', { default: 'current_timestamp()' }, 'mariadb', undefined],
  ['a generated column', { isNullable: true, extra: 'VIRTUAL GENERATED' }, 'mysql', undefined],
  ['a counter', { extra: 'auto_increment' }, 'mariadb', undefined],
])('what was put into a new column is told of: %s', (_, change, flavour, condition) => {
  expect(isFilled({ ...column, ...change }, flavour)).toBe(condition);
});
