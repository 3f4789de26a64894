import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VerbResult } from '../../../scripts/cli/verb.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import type { Context } from '../../../scripts/core/context.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { migrateVerb } from '../../../scripts/migrate.ts';
import { keepList } from '../../../scripts/release/installed.ts';
import { statusVerb } from '../../../scripts/status.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { verbArguments } from '../../helpers/verbs.ts';

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const running = useServer(first);

const status = (context: Context): Promise<VerbResult> => statusVerb.run(context, verbArguments());

test.each<[string, string]>([
  ['is not there', 'no-such-command'],
  ['may not be run', './VERSION'],
  ['hangs', 'sleep 60'],
])('a maintenance command that %s leaves only the maintenance untold', async (_, command) => {
  const app = join(temporaryFolder('status'), 'app');
  writeTree(app, { VERSION: '1.4.0\n' });
  const context = running().context({
    APP_DIR: app,
    APP_COMMAND_TIMEOUT: 1000,
    DB_NAME: await running().createDatabase(),
    MAINTENANCE_ON: 'true',
    MAINTENANCE_OFF: 'true',
    MAINTENANCE_STATUS: command,
  });
  const { text, data, exitCode } = await status(context);
  expect(data).toMatchObject({ version: '1.4.0', maintenance: undefined, backups: 0 });
  const line = (name: string): string | undefined => text(en).find((one) => one.startsWith(name));
  expect(line('maintenance')).toContain(`\`${command}\` failed`);
  expect(line('application')).toContain('version 1.4.0');
  expect(line('database')).toContain(first.name);
  expect(text(en).join('\n')).toMatch(/^next .*Run it by hand in APP_DIR/m);
  expect(exitCode).toBe(3);
});

test.each<[string, Record<string, string>, Partial<Config>, RegExp]>([
  ['without the file', { 'index.php': 'x' }, {}, /holds no VERSION/],
  ['with another text', { VERSION: 'trunk\n' }, {}, /“trunk”, which is no version/],
  [
    'without it in the file',
    { 'composer.json': '{}' },
    { APP_VERSION_FILE: 'composer.json' },
    /composer\.json has no "version"/,
  ],
])('an application %s is told to have no version, with the remedy', async (_, files, config, said) => {
  const app = join(temporaryFolder('status'), 'app');
  writeTree(app, files);
  const { text, data } = await status(
    running().context({ APP_DIR: app, DB_NAME: await running().createDatabase(), ...config }),
  );
  expect(data).toMatchObject({ versionError: expect.stringMatching(said) as string });
  expect(text(en).find((line) => line.startsWith('version'))).toMatch(said);
  expect(text(en).join('\n')).toMatch(/^next .*APP_VERSION_PATTERN/m);
});

test('what an upgrade would ask about, or migrate would refuse, is told: an unknown release, a script that is gone', async () => {
  const app = join(temporaryFolder('status'), 'app');
  writeTree(app, { VERSION: '1.4.0\n', 'migrations/001_a.sql': 'CREATE TABLE a (id INT PRIMARY KEY);\n' });
  const context = running().context({
    APP_DIR: app,
    APP_USER: undefined,
    DB_NAME: await running().createDatabase(),
    DB_USER: 'root',
  });
  await migrateVerb.run(context, verbArguments(['baseline', '001']));
  rmSync(join(app, 'migrations', '001_a.sql'));
  const { text, data } = await status(context);
  expect(data).toMatchObject({ release: 'unknown', pending: [] });
  const lines = text(en).join('\n');
  expect(lines).toMatch(/^release .*`maj adopt-release`/m);
  expect(lines).toMatch(/^migrations .*\n.*001_a\.sql/m);
  expect(lines).not.toContain('none pending');
  expect(lines).toMatch(/^permissions .*for APP_USER is not set/m);
  await keepList(context, { format: 1, version: '1.4.0', sha256: '', complete: true, made: [], entries: [] });
  expect((await status(context)).data).toMatchObject({ release: 'known' });
});
