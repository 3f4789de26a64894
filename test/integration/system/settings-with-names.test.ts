import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSettings, type Deciding } from '../../../scripts/config/load.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';

function project(text: string, shared = '{}'): string {
  const folder = temporaryFolder('project');
  writeFileSync(join(folder, '.env'), text, { mode: 0o600 });
  writeFileSync(join(folder, 'maj.config.json'), shared);
  return folder;
}

test('settings are made of the names of a framework, passwords and address included', () => {
  const folder = project(
    'DB_DATABASE=shop\nDB_USERNAME=me\nSECRET=pa$$word\nDB_NAME=${DB_DATABASE}\nDB_USER="${DB_USERNAME}"\nDB_PASSWORD=${SECRET}\n',
  );
  const { config } = loadSettings(folder, {}, {});
  expect([config.DB_NAME, config.DB_USER, config.DB_PASSWORD?.reveal()]).toEqual(['shop', 'me', 'pa$$word']);
  const address = project('NAME=shop\nDATABASE_URL="mysql://me:p@localhost/${NAME}"\n');
  expect(loadSettings(address, {}, {}).config.DB_NAME).toBe('shop');
});

test.each<[deciding: Deciding, environment: Record<string, string>, name: string, branch: string]>([
  ['caller', {}, 'shop', 'deploy'],
  ['caller', { DB_DATABASE: 'other', BRANCH: 'x' }, 'other', 'x'],
  ['project', { DB_DATABASE: 'other', BRANCH: 'x' }, 'shop', 'deploy'],
])('where the %s decides and the environment has %j', (deciding, environment, name, branch) => {
  const folder = project(
    'DB_DATABASE=shop\nDB_NAME=${DB_DATABASE}\nBRANCH=deploy\nDEPLOY_BRANCH=${BRANCH}\n',
  );
  const { config } = loadSettings(folder, {}, environment, deciding);
  expect([config.DB_NAME, config.DEPLOY_BRANCH]).toEqual([name, [branch]]);
});

test('a rule of the gate is none of the environment’s by a name in .env either', () => {
  const folder = project('DB_HOST=${HOST}\nDEPLOY_BRANCH=${BRANCH}\n');
  const environment = { HOST: 'db', BRANCH: 'x' };
  expect(loadSettings(folder, {}, environment).config.DEPLOY_BRANCH).toEqual(['x']);
  expect(() => loadSettings(folder, {}, environment, 'project')).toThrow(
    /DEPLOY_BRANCH asks in \.env for \$\{BRANCH\}, which has no value in \.env \(for this setting/,
  );
  const shared = project('DEPLOY_BRANCH=${BRANCH}\n', '{ "DEPLOY_BRANCH": "deploy" }');
  expect(loadSettings(shared, {}, {}, 'project').config.DEPLOY_BRANCH).toEqual(['deploy']);
});

test('names without a value are named with all else that is wrong, but not where they are part of a password', async () => {
  const text =
    'DB_NAME=${toString}-${Y}\nDB_PORT=${PORT}\nDB_PASSWORD=pass${word}\nDB_SSL_MODE=never\nMAIL="${NOBODY}"\n';
  const run = await maj(project(text), ['status'], { env: { MAJ_LANG: 'en' } });
  expect(run.code).toBe(2);
  const nowhere = 'has no value in .env or the environment. Single quotes around the value keep it as it is';
  expect(run.stderr.match(/^ {2}- .*$/gm)).toEqual([
    `  - DB_PORT asks in .env for \${PORT}, which ${nowhere}`,
    `  - DB_NAME asks in .env for \${toString}, \${Y}, which ${nowhere}`,
    `  - DB_PASSWORD asks in .env for a name in \${…}, which ${nowhere}`,
    expect.stringContaining('DB_SSL_MODE must be'),
  ]);
  expect(`${run.stdout}${run.stderr}`).not.toContain('word}');
  const given = await maj(project('DB_PORT=${PORT}\n'), ['maintenance', 'status', '--db-port', '3306']);
  expect([given.code, given.stderr]).toEqual([0, '']);
});
