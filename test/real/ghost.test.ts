import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { servers, useServer } from '../helpers/servers.ts';
import { run } from './cache.ts';
import { asGhost, configOf, ghostOf, setUp, writeService } from './ghost.ts';
import {
  answerOf,
  call,
  closeToOthers,
  expectKept,
  expectNoWiderModes,
  expectSame,
  freePort,
  lookAt,
  makeDatabase,
  makeFolders,
  offer,
  sumsOf,
  unpackByHand,
  writeFiles,
  writeSettings,
} from './installed.ts';

const [from, to] = ['5.100.0', '5.130.0'];

/** What nobody told maj of: a theme, an adapter, a key, notes. */
const local = {
  'content/themes/house/package.json': '{"name":"house","version":"1.0.0"}\n',
  'content/themes/house/index.hbs': '<h1>The house</h1>\n',
  'content/themes/house/assets/house.css': 'h1 { color: green }\n',
  'content/adapters/storage/local-copy/index.js': 'module.exports = class {};\n',
  'tools/deploy.key': 'not for everybody\n',
  'NOTES.txt': 'the pump was replaced in May\n',
};
const data = {
  'content/images/2025/06/photo.jpg': Buffer.from([0xff, 0xd8, 0, 1, 2, 3, 0xff, 0xd9]),
  'content/settings/routes.yaml':
    'routes:\ncollections:\n  /:\n    permalink: /{slug}/\n    template: index\ntaxonomies:\n',
};
const kept = [...Object.keys(local), ...Object.keys(data), 'config.production.json', 'content/files'];
/** What Ghost itself writes while it runs. */
const written = ['content/logs', 'content/data', 'content/public'];

// Its makers support no other server.
describe.each(servers.filter(({ flavour }) => flavour === 'mysql'))('Ghost on $name', (server) => {
  const running = useServer(server);
  const endings: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of endings) await end();
  });

  test('goes thirty releases on and back, and keeps what nobody told of', async () => {
    const [old, next] = [await ghostOf(from), await ghostOf(to)];
    const site = makeFolders('ghost');
    const settings = await makeDatabase(running(), 'ghost');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await unpackByHand(site, old);
    writeFiles(site, { ...local, ...data, 'config.production.json': configOf(settings, port) });
    await run('mkdir', ['-p', join(site.app, 'content/files'), join(site.app, 'content/media')]);
    await closeToOthers(site);
    await run('chmod', ['600', join(site.app, 'tools/deploy.key'), join(site.app, 'config.production.json')]);
    const { start, stop } = await writeService(site);
    endings.push(() => asGhost(stop));
    await asGhost(start);
    const health = `${url}/ghost/api/admin/site/`;
    await answerOf(health);
    const admin = await setUp(url);
    for (let index = 1; index <= 20; index += 1)
      await admin.post(`Note ${index}`, `Words that must stay ${index} 🏠`);
    await admin.upload('report.txt', 'the report of May\n');
    await run('sh', [
      '-c',
      `echo '/* of the house */' >> ${join(site.app, 'content/themes/casper/assets/built/screen.css')}`,
    ]);
    for (const file of [old, next]) await offer(site, file);
    writeSettings(site, {
      ...settings,
      APP_DIR: site.app,
      APP_USER: 'www-data',
      APP_VERSION_FILE: 'package.json',
      APP_PERSIST:
        'content/images,content/files,content/media,content/data,content/logs,content/settings,config.production.json',
      APP_HEALTH_URL: health,
      APP_HEALTH_TEXT: '"version":"{major}.{minor}"',
      APP_HEALTH_TIMEOUT: '5m',
      APP_STOP_COMMAND: stop,
      APP_START_COMMAND: start,
      UPDATE_SOURCE: site.packages,
    });
    const rows = (): Promise<unknown> => sumsOf(running(), 'ghost', ['milestones']);
    // What it writes at its first starts it has written then; in `milestones` it writes later.
    await asGhost(stop);
    await asGhost(start);
    await answerOf(health);
    await asGhost(stop);
    const [before, rowsBefore] = [lookAt(site, written), await rows()];
    await asGhost(start);
    await answerOf(health);

    const status = await call(site, 0, 'status');
    expect(status.stdout).toContain(`version ${from}`);
    const adopted = await call(site, 0, 'adopt-release');
    for (const text of ['content/themes/house/', 'content/adapters/storage/', 'tools/', 'built/screen.css'])
      expect(adopted.stdout).toContain(text);

    const upgraded = await call(site, 0, 'upgrade', to);
    for (const text of ['content/themes/house/', 'content/adapters/storage/', 'tools/', 'built/screen.css'])
      expect(upgraded.stderr).toContain(text);
    expect(await answerOf(health)).toContain('"version":"5.130"');
    expect(await answerOf(`${url}/note-20/`)).toContain('Words that must stay 20');
    const after = lookAt(site, written);
    expectKept(before, after, kept);
    expectNoWiderModes(before, after);

    const back = await call(site, 0, 'upgrade', '--roll-back', '--yes');
    expect(back.stderr).toContain('settings:');
    expect(await answerOf(health)).toContain('"version":"5.100"');
    expect(await answerOf(`${url}/note-20/`)).toContain('Words that must stay 20');
    await asGhost(stop);
    expect(await rows()).toEqual(rowsBefore);
    expectSame(before, lookAt(site, written));
  });
});
