import Ajv from 'ajv';
import dotenv from 'dotenv';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  configSchema,
  envExample,
  withChecksTable,
  withSettingsTable,
} from '../../../scripts/cli/generate.ts';
import { loadSettings } from '../../../scripts/config/load.ts';
import { parseSettings } from '../../../scripts/config/parse.ts';
import { sharedSettings } from '../../../scripts/config/shared-settings.ts';
import { temporaryFolder } from '../../helpers/context.ts';

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

test('the schema of maj.config.json is what the table of settings says (npm run generate)', () => {
  expect(file('maj.config.schema.json')).toBe(configSchema());
});

test('the defaults and examples in the schema of maj.config.json fit it', () => {
  const schema = JSON.parse(configSchema()) as {
    properties: Record<string, { default?: string; examples?: string[] }>;
  };
  const names = sharedSettings.map((name) => [
    name,
    schema.properties[name]?.default ?? schema.properties[name]?.examples?.[0],
  ]);
  const config = Object.fromEntries(names) as Record<string, unknown>;
  expect(new Ajv().validate(schema, config)).toBe(true);
});

/** Whether we read a `maj.config.json`. */
function isRead(text: string): boolean {
  const folder = temporaryFolder('config');
  writeFileSync(join(folder, 'maj.config.json'), text);
  try {
    loadSettings(folder, {}, {});
    return true;
  } catch {
    return false;
  }
}

test.each<[config: unknown, isRight: boolean]>([
  [{}, true],
  [{ $schema: './node_modules/maj-kit/maj.config.schema.json' }, true],
  [{ DEPLOY_BRANCH: 'deploy,release/*' }, true],
  [{ DEPLOY_BRANCH: ['deploy', 'release/*'] }, true],
  [{ DEPLOY_BRANCH: ['deploy,release/*'] }, false],
  [{ DEPLOY_BRANCH: 1 }, false],
  [{ MIGRATIONS_PLACEHOLDERS: ['%TABLE_PREFIX%=app_', '%ENGINE%=InnoDB'] }, true],
  [{ DB_NAME: 'shop', DB_SQL_MODE: '' }, true],
  [{ BACKUP_MAX_AGE: '36h' }, true],
  [{ BACKUP_MAX_AGE: '1 d' }, true],
  [{ BACKUP_MAX_AGE: '36' }, false],
  [{ BACKUP_MAX_AGE: 36 }, false],
  [{ GATE_REQUIRE_LIVE: 'yes' }, true],
  [{ GATE_REQUIRE_LIVE: 'true' }, false],
  [{ GATE_REQUIRE_LIVE: true }, false],
  [{ DB_PASSWORD: 'x' }, false],
  [{ DEPLOY_BRANCHES: 'x' }, false],
  [[], false],
])('the schema of maj.config.json says what we say: %j', (config, isRight) => {
  const fits = new Ajv().validate(JSON.parse(configSchema()) as object, config);
  expect([fits, isRead(JSON.stringify(config))]).toEqual([isRight, isRight]);
});
