import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { clearCache } from '../../../scripts/application/deploy-commands.ts';
import { maintenanceState, setMaintenance } from '../../../scripts/application/maintenance.ts';
import type { Config } from '../../../scripts/config/settings.ts';
import { maintenanceVerb } from '../../../scripts/maintenance.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { writeTree } from '../../helpers/packages.ts';
import { verbArguments } from '../../helpers/verbs.ts';

let app: string;

beforeEach(() => {
  app = join(temporaryFolder('maintenance'), 'app');
  writeTree(app, { VERSION: '1.0.0\n' });
});

const contextWith = (config: Partial<Config>): TestContext =>
  testContext({ config: { APP_DIR: app, ...config } });

const commands = {
  MAINTENANCE_ON: 'touch down',
  MAINTENANCE_OFF: 'rm -f down',
  MAINTENANCE_STATUS: 'test -f down',
};

const call = async (context: TestContext, ...words: string[]): Promise<string> => {
  const result = await maintenanceVerb.run(context, verbArguments(words));
  return result.text(en).join('\n');
};

describe.each<[string, Partial<Config>]>([
  ['a file', { MAINTENANCE_FILE: 'storage/framework/down' }],
  ['commands', commands],
])('maintenance by %s', (_, config) => {
  it('is switched on and off, and twice is as good as once', async () => {
    const context = contextWith(config);
    expect(await maintenanceState(context)).toBe('off');
    expect(await call(context, 'on')).toBe('Maintenance is on.');
    expect(await call(context, 'on')).toBe('Maintenance is on.');
    expect(await call(context)).toBe('Maintenance is on.');
    expect(await call(context, 'off')).toBe('Maintenance is off.');
    expect(await call(context, 'off')).toBe('Maintenance is off.');
  });
});

it('the flag file tells when and why, is readable for the web server, and goes without a trace', async () => {
  const context = contextWith({ MAINTENANCE_FILE: 'down' });
  await setMaintenance(context, 'on', 'upgrade to 1.1.0');
  expect(readFileSync(join(app, 'down'), 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT.*Z upgrade to 1\.1\.0\n$/);
  expect(statSync(join(app, 'down')).mode & 0o777).toBe(0o644);
  await setMaintenance(context, 'off');
  expect(existsSync(join(app, 'down'))).toBe(false);
});

describe('maintenance is refused or failed clearly', () => {
  it('when no way is set', async () => {
    const context = contextWith({});
    expect(await maintenanceState(context)).toBe('unmanaged');
    await expect(setMaintenance(context, 'on')).rejects.toMatchObject({
      code: 'maintenance-unmanaged',
      exitCode: 2,
    });
    expect(await call(context, 'status')).toContain(
      'neither MAINTENANCE_FILE nor the three commands are set',
    );
  });

  it('when a command fails', async () => {
    const context = contextWith({ ...commands, MAINTENANCE_ON: 'echo no rights >&2; exit 4' });
    await expect(setMaintenance(context, 'on')).rejects.toMatchObject({
      code: 'maintenance-failed',
      message: expect.stringContaining('no rights') as string,
    });
  });

  it('when a command says that it did what it did not do', async () => {
    const context = contextWith({ ...commands, MAINTENANCE_ON: 'true' });
    await expect(setMaintenance(context, 'on')).rejects.toMatchObject({ code: 'maintenance-not-so' });
  });

  it('when the status command is not there, which is no answer', async () => {
    const context = contextWith({ ...commands, MAINTENANCE_STATUS: 'no-such-program-at-all' });
    await expect(maintenanceState(context)).rejects.toMatchObject({ code: 'maintenance-failed' });
  });

  it('when the words are not on, off or status', async () => {
    await expect(call(contextWith(commands), 'maybe')).rejects.toMatchObject({
      code: 'bad-usage',
      exitCode: 2,
    });
  });
});

it('the cache command runs in the live tree, and its failure is told with the end of what it said', async () => {
  expect(await clearCache(contextWith({}))).toBe(false);
  expect(await clearCache(contextWith({ APP_CACHE_COMMAND: 'touch cleared' }))).toBe(true);
  expect(existsSync(join(app, 'cleared'))).toBe(true);
  const noisy = contextWith({ APP_CACHE_COMMAND: 'yes noise | head -n 20000; echo the reason; exit 1' });
  await expect(clearCache(noisy)).rejects.toMatchObject({
    code: 'hook-failed',
    message: expect.stringMatching(/^APP_CACHE_COMMAND failed in .{0,4000}the reason$/s) as string,
  });
});
