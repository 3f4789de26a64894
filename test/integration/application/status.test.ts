import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statusVerb } from '../../../scripts/status.ts';
import { en } from '../../../scripts/terminal/messages/en/index.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';
import { servers, useServer } from '../../helpers/servers.ts';

const [first] = servers;
if (first === undefined) throw new Error('there is no server');
const running = useServer(first);

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
  const { text, data, exitCode } = await statusVerb.run(context, {
    positionals: [],
    options: {},
    yes: true,
    confirm: () => Promise.resolve(),
    readStdin: () => Promise.resolve(''),
  });
  expect(data).toMatchObject({ version: '1.4.0', maintenance: undefined, backups: 0 });
  const line = (name: string): string | undefined => text(en).find((one) => one.startsWith(name));
  expect(line('maintenance')).toContain(`\`${command}\` failed`);
  expect(line('application')).toContain('version 1.4.0');
  expect(line('database')).toContain(first.name);
  expect(text(en).join('\n')).toMatch(/^next .*Run it by hand in APP_DIR/m);
  expect(exitCode).toBe(3);
});
