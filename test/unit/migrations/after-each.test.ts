import { describe, expect, test } from 'vitest';
import { MajError } from '../../../scripts/core/errors.ts';
import { sqlAfter } from '../../../scripts/migrations/after-each.ts';
import { readPrefix } from '../../../scripts/migrations/applied-statements.ts';
import type { Migration } from '../../../scripts/migrations/migration.ts';
import { statementsOf } from '../../../scripts/migrations/run/script.ts';
import type { Statement } from '../../../scripts/sql/statement.ts';
import { migrationsOf } from '../../helpers/migrations.ts';

const reading = { sqlMode: undefined, flavour: undefined };

const scriptOf = (text: string, after?: string): Migration => {
  const settings = after === undefined ? {} : { MIGRATIONS_AFTER_EACH: after };
  const [script] = migrationsOf({ '1.2_a.sql': text }, settings);
  if (script === undefined) throw new Error('no script');
  return script;
};

async function read(script: Migration): Promise<Statement[]> {
  const found: Statement[] = [];
  for await (const statement of statementsOf(script, reading)) found.push(statement);
  return found;
}

const keep = "UPDATE s SET v = '{version}'";

describe('SQL after each script', () => {
  test.each([
    ['DROP TABLE a', keep, ['alone', 'rows']],
    ['DROP TABLE a;', `${keep};`, ['alone', 'rows']],
    ['DELIMITER //\nDROP TABLE a//', keep, ['alone', 'rows']],
    ['DROP TABLE a; -- the end', `${keep} -- ours`, ['alone', 'rows']],
    ['', keep, ['rows']],
    ['DROP TABLE a', `${keep}; DO 1`, ['alone', 'rows', 'rows']],
    ['DROP TABLE a', ' -- nothing', ['alone']],
    ['DROP TABLE a', undefined, ['alone']],
  ])('%j and %j are %j', async (text, after, kinds) => {
    const statements = await read(scriptOf(text, after));
    expect(statements.map(({ kind }) => kind)).toEqual(kinds);
    expect(statements.map(({ number }) => number)).toEqual(kinds.map((_, index) => index + 1));
  });

  test('holds the version, and says of errors and of what runs where it is from', async () => {
    const [, ours] = await read(scriptOf('DROP TABLE a;', `${keep} -- ours`));
    expect(ours?.text).toBe("UPDATE s SET v = '1.2'\n/* MIGRATIONS_AFTER_EACH */");
    await expect(read(scriptOf('DROP TABLE a;', "UPDATE s SET v = '"))).rejects.toThrow(MajError);
    await expect(read(scriptOf('DROP TABLE a;', "UPDATE s SET v = '"))).rejects.toThrow(
      /^MIGRATIONS_AFTER_EACH:1:/,
    );
  });

  test('has the placeholders of scripts', () => {
    const settings = {
      MIGRATIONS_AFTER_EACH: 'DELETE FROM %P%a',
      MIGRATIONS_PLACEHOLDERS: [{ text: '%P%', value: 'x_' }],
    };
    expect(sqlAfter('1', settings)).toBe('DELETE FROM x_a');
    expect(sqlAfter('1', {})).toBeUndefined();
  });

  test('changes no sum of a script, nor what is done of it', async () => {
    const text = 'SET @a = NOW(); INSERT INTO a VALUES (@a);';
    const [plain, kept] = [scriptOf(text), scriptOf(text, keep)];
    expect(kept.checksum).toBe(plain.checksum);
    const hashes = await Promise.all([plain, kept].map((one) => readPrefix(one, 2, reading)));
    expect(hashes[1]?.hash).toBe(hashes[0]?.hash);
    // What is left is not the script's own, and needs no variable of it.
    expect(hashes.map(({ sessionBound }) => sessionBound)).toEqual([true, false]);
    expect(await readPrefix(kept, 1, reading)).toMatchObject({ sessionBound: true });
  });
});
