import dotenv from 'dotenv';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { envExample, withChecksTable, withSettingsTable } from '../../../scripts/cli/generate.ts';
import { parseSettings } from '../../../scripts/config/parse.ts';

const file = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

test('.env.example is what the table of settings says (npm run generate)', () => {
  expect(file('.env.example')).toBe(envExample());
});

test('the README’s table is what the table of settings says (npm run generate)', () => {
  expect(file('README.md')).toBe(withSettingsTable(file('README.md')));
});

test('the table of findings in the docs is what the code says (npm run generate)', () => {
  expect(file('docs/checks.md')).toBe(withChecksTable(file('docs/checks.md')));
});

test('.env.example can be used as it is, with and without its comments', () => {
  const texts = dotenv.parse(envExample());
  expect(parseSettings(texts, Object.keys(texts)).ok).toBe(true);
  const all = dotenv.parse(envExample().replaceAll(/^# (?=[A-Z_]+=)/gm, ''));
  // Either the address or its parts.
  delete all['DATABASE_URL'];
  expect(parseSettings(all, Object.keys(all)).ok).toBe(true);
});
