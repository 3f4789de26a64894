import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, run } from './cache.ts';
import { unpackDebian, withoutLinks } from './debian.ts';
import { answerOf, webUser, type Folders } from './installed.ts';

/** Debian has moved what WordPress shares with others into packages of their own. */
const parts = ['wordpress', 'php-getid3', 'libjs-cropper', 'libjs-underscore', 'libjs-lodash'];

/** A release of WordPress as its project publishes it: one folder, no links; made of the packages of a suite of Debian. */
export function wordPressOf(suite: string): Promise<string> {
  return cached(`wordpress-${suite}`, async (folder) => {
    const root = mkdtempSync(join(tmpdir(), 'maj-wordpress-'));
    try {
      const version = await unpackDebian(suite, parts, root);
      const share = join(root, 'usr', 'share');
      withoutLinks(root, join(share, 'wordpress'));
      // Debian's, which looks for settings in /etc.
      rmSync(join(share, 'wordpress', 'wp-config.php'));
      const name = `wordpress-${version}`;
      renameSync(join(share, 'wordpress'), join(share, name));
      await run('mkdir', ['-p', folder]);
      await run('tar', ['-czf', join(folder, `${name}.tar.gz`), '--owner=0', '--group=0', '-C', share, name]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
}

/** The settings of WordPress itself. */
export const configOf = (settings: Readonly<Record<string, string>>): string => `<?php
define('DB_NAME', '${settings['DB_NAME'] ?? ''}');
define('DB_USER', '${settings['DB_USER'] ?? ''}');
define('DB_PASSWORD', '${settings['DB_PASSWORD'] ?? ''}');
define('DB_HOST', 'localhost:${settings['DB_SOCKET'] ?? ''}');
define('DB_CHARSET', 'utf8mb4');
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', __DIR__ . '/wp-content/debug.log');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`;

/** The health page of docs/applications.md. */
export const healthPage = `<?php // health.php, beside wp-load.php
define('SHORTINIT', true);
require __DIR__ . '/wp-load.php';
header('Content-Type: text/plain');
$schema = $wpdb->get_var("SELECT option_value FROM {$wpdb->prefix}options WHERE option_name = 'db_version'");
if ((string) $wp_db_version !== $schema) {
    http_response_code(503);
    exit("not ok: the database has the schema $schema, not $wp_db_version");
}
echo 'ok ', $wp_version;
`;

/** WordPress' own step after an upgrade, as docs/applications.md has it for servers without its command line. */
export const updateScript = `<?php
define('WP_INSTALLING', true);
require getcwd() . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_upgrade();
`;

/** What a web server would be told: maintenance by a flag, files as they are, and all else to index.php. */
const router = (app: string): string => `<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_file('${app}/maintenance.flag') && $path !== '/health.php') {
    http_response_code(503);
    exit('We are back in a few minutes.');
}
clearstatcache();
if (is_file('${app}' . $path) || is_file('${app}' . rtrim($path, '/') . '/index.php')) return false;
chdir('${app}');
require '${app}/index.php';
`;

const asWebUser = [`--reuid=${webUser}`, `--regid=${webUser}`, '--init-groups'];

/** Runs PHP in the application, as the web server does. */
export const php = ({ app }: Folders, code: string): Promise<string> =>
  run('setpriv', [...asWebUser, 'php', '-r', code], { cwd: app });

/** Serves the application with the web server of PHP; ends it. */
export async function serve({ root, app }: Folders, port: number): Promise<() => Promise<void>> {
  const script = join(root, 'router.php');
  writeFileSync(script, router(app));
  const words = ['php', '-S', `127.0.0.1:${port}`, '-t', app, script];
  const child = spawn('setpriv', [...asWebUser, ...words], { cwd: '/', stdio: 'ignore' });
  const ended = once(child, 'close');
  await answerOf(`http://127.0.0.1:${port}/readme.html`);
  return async () => {
    child.kill();
    await ended;
  };
}
