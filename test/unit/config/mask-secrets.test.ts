import { expect, test } from 'vitest';
import { maskSecrets } from '../../../scripts/config/mask-secrets.ts';
import { Secret } from '../../../scripts/config/types.ts';

test.each<[string, Readonly<Record<string, string>>, string, string]>([
  ['each time that it stands there', { DB_PASSWORD: 'secret' }, 'a secret, secret', 'a ***, ***'],
  ['with signs that mean something in patterns', { DB_PASSWORD: '$&.*(' }, 'p=$&.*(', 'p=***'],
  [
    'as a whole where it holds another',
    { DB_PASSWORD: 'abcd', UPDATE_TOKEN: 'xabcdx' },
    'xabcdx abcd',
    '*** ***',
  ],
  [
    'as an address and JSON have it',
    { DB_PASSWORD: 'p@ss"w' },
    'mysql://u:p%40ss%22w@h {"password":"p@ss\\"w"}',
    'mysql://u:***@h {"password":"***"}',
  ],
  ['but not one that is short enough to be found anywhere', { DB_PASSWORD: 'abc' }, 'abcde', 'abcde'],
])('a secret is masked %s', (_, secrets, text, expected) => {
  const config = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [name, new Secret(value)]),
  );
  expect(maskSecrets({ ...config, DB_USER: 'user' }, text)).toBe(expected);
});
