import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Placeholder } from '../../../scripts/config/types.ts';
import { readScript } from '../../../scripts/migrations/folder.ts';
import { placeholdersText, textWithValues, withValues } from '../../../scripts/migrations/placeholders.ts';
import { migrationsInFolder } from '../../helpers/migrations.ts';

const list = (...pairs: readonly (readonly [string, string])[]): Placeholder[] =>
  pairs.map(([text, value]) => ({ text, value }));

const prefix = list(['%TABLE_PREFIX%', 'app_']);

const cases: readonly (readonly [string, readonly Placeholder[], string, string])[] = [
  ['none', list(), 'CREATE TABLE a (b INT);', 'CREATE TABLE a (b INT);'],
  ['each', prefix, 'DROP %TABLE_PREFIX%a, `%TABLE_PREFIX%é`;', 'DROP app_a, `app_é`;'],
  ['one beside another', prefix, '%TABLE_PREFIX%%TABLE_PREFIX%', 'app_app_'],
  ['not in another case, nor a part', prefix, '%table_prefix% %TABLE_PREFIX', '%table_prefix% %TABLE_PREFIX'],
  ['with nothing', list(['#__', '']), 'SELECT * FROM #__users # __', 'SELECT * FROM users # __'],
  ['the longer one', list(['PREFIX_', 'a_'], ['DB_PREFIX_', 'b_']), 'DB_PREFIX_x PREFIX_y', 'b_x a_y'],
  ['the longer one, named first', list(['{p}s', 'b'], ['{p}', 'a']), '{p}s {p}', 'b a'],
  ['not what was put in', list(['aaa', 'bbb'], ['bbb', 'ccc']), 'aaabbb', 'bbbccc'],
  ['signs of expressions as they are', list(['$(.*)', '$1$&']), 'x $(.*) y', 'x $1$& y'],
  ['beside letters of several bytes', list(['ééé', 'ñ'], ['€€€', 'ü']), 'éééé€€€€ 漢', 'ñéü€ 漢'],
];

describe('placeholders', () => {
  test.each(cases)('are replaced: %s', (_title, placeholders, text, expected) => {
    expect(textWithValues(text, placeholders)).toBe(expected);
  });

  test.each(cases.slice(1))(
    'are replaced wherever the chunks are cut, with characters whole: %s',
    async (_title, placeholders, text, expected) => {
      const characters = Array.from(text);
      for (let size = 1; size <= characters.length; size += 1) {
        const chunks = Array.from({ length: Math.ceil(characters.length / size) }, (_, at) =>
          Buffer.from(characters.slice(at * size, (at + 1) * size).join('')),
        );
        const given: string[] = [];
        for await (const chunk of withValues(Readable.from(chunks), placeholders))
          given.push(new TextDecoder('utf-8', { fatal: true }).decode(chunk));
        expect(given.join('')).toBe(expected);
      }
    },
  );

  test('change what is run, and not the sum of a script', async () => {
    const script = { '1_a.sql': 'DROP TABLE %TABLE_PREFIX%a;' };
    const [plain] = await migrationsInFolder(script);
    const [filled] = await migrationsInFolder(script, { MIGRATIONS_PLACEHOLDERS: prefix });
    expect(filled?.checksum).toBe(plain?.checksum);
    expect(filled && (await readScript(filled, 100))).toBe('DROP TABLE app_a;');
  });

  test('are the same to a receipt in whatever order', () => {
    const [one, other] = [list(['%A%', 'a'], ['%B%', 'b']), list(['%B%', 'b'], ['%A%', 'a'])];
    expect(placeholdersText(one)).toBe('%A%=a,%B%=b');
    expect(placeholdersText(other)).toBe(placeholdersText(one));
    expect(placeholdersText(undefined)).toBe('');
  });
});
