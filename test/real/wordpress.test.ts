import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hashOfDump } from '../../examples/demo/site.ts';
import { maj } from '../helpers/cli.ts';
import { servers, useServer } from '../helpers/servers.ts';
import { run } from './cache.ts';
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
  unpackByHand,
  writeFiles,
  writeSettings,
  type Folders,
} from './installed.ts';
import { configOf, healthPage, php, serve, updateScript, wordPressOf } from './wordpress.ts';

const packageIn = (folder: string): string => join(folder, readdirSync(folder)[0] ?? '');
const versionOf = (file: string): string => /wordpress-([^/]+)\.tar\.gz$/.exec(file)?.[1] ?? '';

/** What nobody told maj of: a plugin, a theme, the health page, a key, notes, a folder that is empty, and a link. */
const local = {
  'health.php': healthPage,
  'wp-content/plugins/house-notes/house-notes.php': `<?php
/* Plugin Name: House notes */
add_action('wp_footer', function () { echo '<p>the plugin of the house</p>'; });
`,
  'wp-content/plugins/house-notes/data/list.txt': 'one\ntwo\n',
  'wp-content/themes/house/style.css': '/* Theme Name: House */\n',
  'wp-content/themes/house/index.php': `<?php
echo '<html><body>theme of the house';
while (have_posts()) { the_post(); the_title('<h1>', '</h1>'); the_content(); }
wp_footer();
echo '</body></html>';
`,
  'tools/deploy.key': 'not for everybody\n',
  'NOTES.txt': 'the pump was replaced in May\n',
};
const data = {
  'wp-content/uploads/2026/11/photo.jpg': Buffer.from([0xff, 0xd8, 0, 1, 2, 3, 0xff, 0xd9]),
  'wp-content/uploads/form-answers/7.json': '{"name":"Ann"}\n',
};
const kept = [
  ...Object.keys(local),
  ...Object.keys(data),
  'wp-config.php',
  'wp-content/upgrade',
  'latest-tools',
];

describe.each(servers)('WordPress on $name', (server) => {
  const running = useServer(server);
  const endings: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });

  /** Installs the old release as many did, years ago: by tar, chown and the installer's page. */
  async function installByHand(file: string): Promise<{ site: Folders; url: string }> {
    const site = makeFolders('wordpress');
    const settings = await makeDatabase(running(), 'wordpress');
    await unpackByHand(site, file);
    writeFiles(site, { ...local, ...data, 'wp-config.php': configOf(settings) });
    await run('mkdir', [join(site.app, 'wp-content', 'upgrade')]);
    await run('ln', ['-s', 'tools', join(site.app, 'latest-tools')]);
    await closeToOthers(site);
    await run('chmod', ['600', join(site.app, 'tools/deploy.key'), join(site.app, 'wp-config.php')]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    endings.push(await serve(site, port));
    const form = new URLSearchParams({
      weblog_title: 'The house',
      user_name: 'ann',
      admin_password: 'long-and-quite-secret-1',
      admin_password2: 'long-and-quite-secret-1',
      pw_weak: 'on',
      admin_email: 'ann@example.org',
    });
    const installed = await fetch(`${url}/wp-admin/install.php?step=2`, { method: 'POST', body: form });
    expect(await installed.text()).toContain('Success!');
    await php(
      site,
      `require 'wp-load.php'; require ABSPATH . 'wp-admin/includes/plugin.php';
       switch_theme('house'); activate_plugin('house-notes/house-notes.php');
       for ($i = 1; $i <= 200; $i++)
         wp_insert_post(['post_title' => "Note $i", 'post_content' => "Words that must stay $i \u{1F3E0}", 'post_status' => 'publish']);`,
    );
    const updater = join(site.root, 'update-database.php');
    writeFileSync(updater, updateScript);
    writeSettings(site, {
      ...settings,
      APP_DIR: site.app,
      APP_USER: 'www-data',
      APP_VERSION_FILE: 'wp-includes/version.php',
      APP_VERSION_PATTERN: `"wp_version = '([^']+)'"`,
      APP_PERSIST: 'wp-content/uploads,wp-config.php',
      APP_LOGS: 'wp-content/debug.log',
      APP_HEALTH_URL: `${url}/health.php`,
      APP_HEALTH_TEXT: 'ok {version}',
      APP_CACHE_COMMAND: `php ${updater}`,
      MAINTENANCE_FILE: 'maintenance.flag',
      UPDATE_SOURCE: site.packages,
    });
    return { site, url };
  }

  test('goes to the next Debian’s release and back, and keeps what nobody told of', async () => {
    const [old, next] = (await Promise.all([wordPressOf('bookworm'), wordPressOf('trixie')]).then((folders) =>
      folders.map(packageIn),
    )) as [string, string];
    const [from, to] = [versionOf(old), versionOf(next)];
    const { site, url } = await installByHand(old);
    await offer(site, next);
    const target = running().target('wordpress');
    const rows = (): Promise<string> => hashOfDump(running().context(), target, server.flavour);
    const schema = (): Promise<string> => php(site, `require 'wp-load.php'; echo get_option('db_version');`);
    const page = await answerOf(url);
    for (const text of ['theme of the house', 'Words that must stay 200', 'the plugin of the house'])
      expect(page).toContain(text);
    const [before, rowsBefore, schemaBefore] = [lookAt(site), await rows(), await schema()];

    const status = await call(site, 0, 'status');
    expect(status.stdout).toContain(`version ${from}`);
    const plan = await call(site, 0, 'upgrade', to, '--plan');
    expect(plan.stdout).toContain(`Upgrade ${from} -> ${to}`);
    const unasked = await call(site, 3, 'upgrade', to);
    expect(unasked.stderr).toContain('--yes');

    // WordPress' own step has changed the schema when it fails.
    const failing = await maj(site.project, ['upgrade', to, '--yes'], {
      env: { APP_CACHE_COMMAND: `php ${join(site.root, 'update-database.php')} && exit 7` },
    });
    expect(failing.code, failing.stderr).toBe(10);
    expectSame(before, lookAt(site));
    expect(await rows()).toBe(rowsBefore);

    const upgraded = await call(site, 0, 'upgrade', to, '--yes', '--retry');
    for (const folder of ['wp-content/plugins/house-notes/', 'wp-content/themes/house/', 'tools/'])
      expect(upgraded.stderr).toContain(`in ${folder}`);
    const after = lookAt(site);
    expectKept(before, after, kept);
    expectNoWiderModes(before, after);
    expect(await schema()).not.toBe(schemaBefore);
    expect(await answerOf(`${url}/health.php`)).toBe(`ok ${to}`);
    const newPage = await answerOf(url);
    for (const text of ['theme of the house', 'Words that must stay 200', 'the plugin of the house'])
      expect(newPage).toContain(text);

    await call(site, 0, 'upgrade', '--roll-back', '--yes');
    expect(await rows()).toBe(rowsBefore);
    expectSame(before, lookAt(site));
    expect(await answerOf(`${url}/health.php`)).toBe(`ok ${from}`);
    expect(readFileSync(join(site.app, 'NOTES.txt'), 'utf8')).toBe(local['NOTES.txt']);
    expect(await answerOf(url)).toContain('Words that must stay 200');
  });
});
