import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkHealth } from '../../../scripts/application/health.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { stagePackage } from '../../../scripts/release/stage.ts';
import { installedVersion } from '../../../scripts/release/version.ts';
import { applyAlone } from '../../../scripts/upgrade/apply-package.ts';
import type { RunState } from '../../../scripts/upgrade/journal/state.ts';
import { findPreviousVersion, readStates } from '../../../scripts/upgrade/needed-backups.ts';
import { checkFiles } from '../../../scripts/upgrade/recovery/prepared-from-journal.ts';
import { temporaryFolder, testContext, type TestContext } from '../../helpers/context.ts';
import { failureOf } from '../../helpers/failure.ts';
import { treePrint, writePackage, writeTree } from '../../helpers/packages.ts';

let root: string;
let app: string;
let context: TestContext;

beforeEach(() => {
  root = temporaryFolder('versions');
  app = join(root, 'app');
  mkdirSync(join(root, 'project'));
  context = testContext({ projectDir: join(root, 'project'), config: { APP_DIR: app } });
});

const stage = (written: string): ReturnType<typeof stagePackage> =>
  stagePackage(
    context,
    writePackage(join(root, 'packages'), `app-${written}.tgz`, [
      { name: 'VERSION', content: `${written}\n` },
      { name: 'index.php', content: `of ${written}` },
    ]),
    { runId: written.replaceAll(/\W/g, '-') },
  );

describe.each([
  ['v1.0.0', 'v1.1.0', '1.1.0'],
  ['1.0.0+1', '1.1.0+2', '1.1.0+2'],
  ['6.4', 'v6.5', '6.5'],
  ['24.05', '24.11-rc1', '24.11-rc1'],
  ['28.0.1.1', '28.0.1.2', '28.0.1.2'],
])('where versions are written as %s and %s', (first, second, version) => {
  it('files of a user are carried over, and edits are reported', async () => {
    await applyAlone(context, await stage(first), 'unmanaged');
    writeTree(app, { 'index.php': 'edited here', 'mine.txt': 'mine' });
    const staged = await stage(second);
    expect(staged.changes).toMatchObject({ known: true, modified: ['index.php'], carried: ['mine.txt'] });
    await applyAlone(context, staged, 'unmanaged');
    expect(treePrint(app)).toMatchObject({ 'index.php': `644 of ${second}`, 'mine.txt': '644 mine' });
  });

  it('what runs record of them agrees with what is installed', async () => {
    await applyAlone(context, await stage(first), 'unmanaged');
    await applyAlone(context, await stage(second), 'unmanaged');
    const [applied] = await readStates(context);
    if (applied === undefined) throw new Error('the run has no journal');
    const finished = [{ step: 'switch', durationMs: undefined }] as const;
    const run: RunState = { ...applied, kind: 'upgrade', backup: 'of-the-window', finished };
    expect(run.to).toBe(version);
    await checkFiles(context, run);
    expect(
      findPreviousVersion([run], await installedVersion(context), new Set(['of-the-window'])),
    ).toMatchObject({
      backup: 'of-the-window',
    });
  });

  it('the health page may print them in either form, and no other version', async () => {
    writeTree(app, { VERSION: `${second}\n` });
    let body = '';
    const server = createServer((_, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const APP_HEALTH_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const config = { ...context.config, APP_HEALTH_URL, APP_HEALTH_TEXT: 'ok {version}' };
    const within = (ms: number): TestContext => ({
      ...context,
      config: { ...config, APP_HEALTH_TIMEOUT: ms },
    });
    for (body of [`ok ${second}`, `ok ${version}`])
      expect(await checkHealth(within(60_000), { version })).toMatchObject({ attempts: 1 });
    body = `ok ${first}`;
    const asked = within(1);
    await expect(checkHealth(asked, { version })).rejects.toMatchObject({ code: 'health-failed' });
    writeFileSync(join(app, 'VERSION'), `${first}\n`);
    await expect(checkHealth(asked, { version })).rejects.toMatchObject({ code: 'health-failed' });
    server.close();
  });
});

describe('a version that stands within a file', () => {
  const file = 'program/version.php';
  const place = { APP_VERSION_FILE: file, APP_VERSION_PATTERN: /VERSION', '([^']+)'/ };
  const stageWith = (name: string, content: string): ReturnType<typeof stagePackage> => {
    context = { ...context, config: { ...context.config, ...place } };
    const path = writePackage(join(root, 'packages'), `${name}.tgz`, [
      { name: `app/${file}`, content },
      { name: 'app/index.php', content: name },
    ]);
    return stagePackage(context, path, { runId: name });
  };

  it('is that of the package, whose folder at the top is taken off, and of what is installed', async () => {
    await applyAlone(context, await stageWith('a', "define('VERSION', '1.7.2');"), 'unmanaged');
    expect(await installedVersion(context)).toBe('1.7.2');
    const staged = await stageWith('b', "define('VERSION', 'v1.7.3');");
    expect([staged.version, staged.previousVersion, staged.changes.known]).toEqual(['1.7.3', '1.7.2', true]);
  });

  it('is missed by its name, with the remedy', async () => {
    const failure = await failureOf(stageWith('c', "define('OTHER', '1.7.2');"));
    const { message, hint } = describeError(failure, en);
    expect([failure.code, failure.exitCode]).toEqual(['version-not-told', 3]);
    expect(message).toMatch(/c\.tgz does not tell its version: APP_VERSION_PATTERN finds nothing in program/);
    expect(hint).toContain('APP_VERSION_PATTERN');
  });
});
