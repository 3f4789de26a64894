import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cached, run } from './cache.ts';
import { webUser, type Folders } from './installed.ts';

const registry = 'https://registry.npmjs.org';

/**
 * A release of Ghost with its dependencies, as whoever builds it once for several servers would pack it: one folder, the program and
 * `node_modules`. Ghost brings the list of a package manager's that finds parts of it in the package itself; npm does not.
 * What is optional (SQLite, changing the size of images) is left out: it comes from other places than the registry.
 */
export async function ghostOf(version: string): Promise<string> {
  const folder = await cached(`ghost-${version}`, async (path) => {
    const build = mkdtempSync(join(tmpdir(), 'maj-ghost-'));
    try {
      for (const name of [`ghost@${version}`, 'yarn@1.22.22'])
        await run('npm', ['pack', '--silent', '--registry', registry, name], { cwd: build });
      const name = `ghost-${version}`;
      for (const [file, into] of [
        [`${name}.tgz`, name],
        ['yarn-1.22.22.tgz', 'yarn'],
      ] as const) {
        mkdirSync(join(build, into));
        await run('tar', ['-xzf', file, '-C', into, '--strip-components', '1', '--no-same-owner'], {
          cwd: build,
        });
      }
      await installDependencies(
        join(build, name),
        join(build, 'yarn', 'bin', 'yarn.js'),
        join(path, '..', 'yarn'),
      );
      mkdirSync(path);
      const archive = join(path, `${name}.tar.gz`);
      await run('tar', ['-czf', archive, '--owner=0', '--group=0', '-C', build, name]);
    } finally {
      rmSync(build, { recursive: true, force: true });
    }
  });
  return join(folder, `ghost-${version}.tar.gz`);
}

async function installDependencies(folder: string, yarn: string, cache: string): Promise<void> {
  // The same files by the registry's own name.
  const list = join(folder, 'yarn.lock');
  writeFileSync(list, readFileSync(list, 'utf8').replaceAll('https://registry.yarnpkg.com', registry));
  await run('npm', ['pkg', 'delete', 'devDependencies'], { cwd: folder });
  // Scripts of packages would compile what Ghost can do without.
  const left = ['--ignore-optional', '--ignore-scripts'];
  const words = ['--production', ...left, '--non-interactive', '--cache-folder', cache];
  await run(process.execPath, [yarn, 'install', ...words], { cwd: folder });
}

/** The settings of Ghost itself. */
export const configOf = (settings: Readonly<Record<string, string>>, port: number): string =>
  JSON.stringify({
    url: `http://127.0.0.1:${port}`,
    server: { host: '127.0.0.1', port },
    database: {
      client: 'mysql',
      connection: {
        socketPath: settings['DB_SOCKET'],
        user: settings['DB_USER'],
        password: settings['DB_PASSWORD'],
        database: settings['DB_NAME'],
        charset: 'utf8mb4',
      },
    },
    mail: { transport: 'SMTP', options: { host: '127.0.0.1', port: 9 } },
    logging: { transports: ['stdout'] },
    privacy: { useUpdateCheck: false, useGravatar: false, useRpcPing: false },
  });

/** Scripts that stop and start Ghost, as its account runs them; nobody but root can change them. */
export async function writeService({
  root,
  app,
}: Folders): Promise<{ readonly start: string; readonly stop: string }> {
  const [start, stop, state] = [join(root, 'start'), join(root, 'stop'), join(root, 'run')];
  mkdirSync(state);
  await run('chown', [webUser, state]);
  const pid = join(state, 'ghost.pid');
  writeFileSync(
    start,
    `#!/bin/sh
set -e
if test -e ${pid} && kill -0 "$(cat ${pid})" 2>/dev/null; then exit 0; fi
cd ${app}
NODE_ENV=production setsid ${process.execPath} index.js >>content/logs/ghost.log 2>&1 &
echo $! >${pid}
`,
  );
  writeFileSync(
    stop,
    `#!/bin/sh
test -e ${pid} || exit 0
kill "$(cat ${pid})" 2>/dev/null
while kill -0 "$(cat ${pid})" 2>/dev/null; do sleep 0.1; done
rm ${pid}
`,
  );
  for (const script of [start, stop]) chmodSync(script, 0o755);
  return { start, stop };
}

/** Runs a script as the account of Ghost. */
export const asGhost = (script: string): Promise<string> =>
  run('setpriv', [`--reuid=${webUser}`, `--regid=${webUser}`, '--init-groups', script]);

/** Signs in, and hands out the cookie of a session that Ghost takes: in its first seconds it has been seen to forget one. */
async function signIn(
  url: string,
  account: { readonly email: string; readonly password: string },
): Promise<string> {
  const body = JSON.stringify({ username: account.email, password: account.password });
  for (let tries = 1; ; tries += 1) {
    const headers = { Origin: url, 'Content-Type': 'application/json' };
    const session = await fetch(`${url}/ghost/api/admin/session/`, { method: 'POST', headers, body });
    const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const me = await fetch(`${url}/ghost/api/admin/users/me/`, { headers: { Origin: url, Cookie: cookie } });
    if (me.status === 200) return cookie;
    if (tries === 5)
      throw new Error(`Ghost takes no session: ${session.status}, ${me.status} ${await me.text()}`);
    await setTimeout(5000);
  }
}

/** Ghost's administration by HTTP, as its pages use it. */
export async function setUp(url: string): Promise<{
  post(title: string, text: string): Promise<void>;
  upload(name: string, content: string): Promise<void>;
}> {
  const account = { email: 'ann@example.org', password: 'long-and-quite-secret-1' };
  const ask = async (path: string, body: FormData | string, cookie = ''): Promise<Response> => {
    const headers = {
      Origin: url,
      Cookie: cookie,
      ...(typeof body === 'string' ? { 'Content-Type': 'application/json' } : {}),
    };
    const answer = await fetch(`${url}/ghost/api/admin/${path}/`, { method: 'POST', headers, body });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  await ask(
    'authentication/setup',
    JSON.stringify({ setup: [{ name: 'Ann', blogTitle: 'The house', ...account }] }),
  );
  const cookie = await signIn(url, account);
  return {
    post: async (title, text) => {
      const words = {
        type: 'extended-text',
        version: 1,
        text,
        detail: 0,
        format: 0,
        mode: 'normal',
        style: '',
      };
      const block = { version: 1, direction: 'ltr', format: '', indent: 0 };
      const lexical = {
        root: { ...block, type: 'root', children: [{ ...block, type: 'paragraph', children: [words] }] },
      };
      const posts = [{ title, status: 'published', lexical: JSON.stringify(lexical) }];
      await ask('posts', JSON.stringify({ posts }), cookie);
    },
    upload: async (name, content) => {
      const form = new FormData();
      form.append('file', new Blob([content], { type: 'text/plain' }), name);
      await ask('files/upload', form, cookie);
    },
  };
}
