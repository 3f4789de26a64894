import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { withSession } from '../../scripts/database/session/session.ts';
import type { CliRun } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { must, packInto, run } from '../helpers/installed-package.ts';
import { clientFolder, servers, useServer } from '../helpers/servers.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

describe.each(servers.slice(0, 1))('the package, installed into a fresh repository, on $name', (server) => {
  const running = useServer(server);
  let project = '';
  let bare = '';

  beforeAll(async () => {
    project = temporaryFolder('fresh');
    bare = join(temporaryFolder('bare'), 'deploy.git');
    const archive = await packInto(project);
    await writeFile(join(project, 'package.json'), '{"name":"application","private":true}\n');
    await must(project, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', archive);
    const database = await running().createDatabase();
    const clients = clientFolder(server);
    const settings = [
      `DB_SOCKET=${running().socket}`,
      'DB_USER=root',
      `DB_NAME=${database}`,
      ...(clients === undefined ? [] : [`CLIENT_BIN_DIR=${clients}`]),
      ...(server.binDir === undefined ? [] : [`REHEARSAL_SERVER=${server.binDir}`]),
    ];
    await writeFile(join(project, '.env'), settings.join('\n'), { mode: 0o600 });
    await mkdir(join(project, 'migrations'));
    await writeFile(
      join(project, 'migrations', '001_notes.sql'),
      'CREATE TABLE notes (id INT PRIMARY KEY);\n',
    );
    await writeFile(join(project, '.gitignore'), 'node_modules/\n.env\n.maj/\n*.tgz\n');
    await must(project, 'git', 'init', '--quiet', '--initial-branch', 'main');
    await must(project, 'git', 'init', '--quiet', '--bare', bare);
    await must(project, 'npx', 'husky');
    await writeFile(join(project, '.husky', 'pre-push'), './node_modules/.bin/maj gate "$@"\n');
    await must(project, 'git', 'config', 'user.name', 'Test');
    await must(project, 'git', 'config', 'user.email', 'test@example.com');
    await must(project, 'git', 'add', '.');
    await must(project, 'git', 'commit', '--quiet', '--message', 'Begin');
  });

  const push = (...refs: string[]): Promise<CliRun> => run(project, 'git', 'push', '--quiet', bare, ...refs);
  const deployed = async (): Promise<string> =>
    (await run(project, 'git', '--git-dir', bare, 'rev-parse', '--verify', 'deploy')).stdout.trim();
  const head = async (): Promise<string> => (await must(project, 'git', 'rev-parse', 'HEAD')).trim();

  test('brings the command, its version, and the Makefile’s targets', async () => {
    const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await must(project, 'npx', 'maj', '--version')).trim()).toBe(version);
    await writeFile(join(project, 'Makefile'), 'include node_modules/maj-kit/maj.mk\n');
    expect(await must(project, 'make', 'maj-status')).toContain('database');
  });

  test('lets other branches pass, refuses the deploy branch until it is rehearsed, and then lets it pass', async () => {
    expect((await push('HEAD:main')).code).toBe(0);
    const refused = await push('HEAD:deploy');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/there is no backup/);
    expect(refused.stderr).toMatch(/maj rehearse/);
    expect(await deployed()).toBe('');

    await must(project, 'npx', 'maj', 'rehearse');
    expect((await push('HEAD:deploy')).code).toBe(0);
    expect(await deployed()).toBe(await head());
  });

  test('judges the pushed commit, not the working tree, and whatever ref it is pushed from', async () => {
    const script = join(project, 'migrations', '002_more.sql');
    await writeFile(script, 'CREATE TABLE more (id INT PRIMARY KEY);\n');
    expect((await push('HEAD:deploy')).code).toBe(0);
    await must(project, 'git', 'add', '.');
    await must(project, 'git', 'commit', '--quiet', '--message', 'Add more');
    await must(project, 'git', 'tag', 'v2');
    await must(project, 'git', 'checkout', '--quiet', '--detach');
    for (const ref of ['HEAD:deploy', 'v2^{}:refs/heads/deploy', 'main:deploy']) {
      const refused = await push(ref);
      expect(refused.code, ref).toBe(1);
      expect(refused.stderr, ref).toMatch(/002_more \(added\)/);
    }
    const deletion = await push(':deploy');
    expect(deletion.code).toBe(1);
    expect(deletion.stderr).toMatch(/would delete the deploy branch/);
    expect((await run(project, 'npx', 'maj', 'gate', '--commit', 'HEAD')).code).toBe(3);
    await must(project, 'npx', 'maj', 'rehearse');
    expect((await run(project, 'npx', 'maj', 'gate', '--commit', 'HEAD')).code).toBe(0);
    expect((await push('HEAD:deploy')).code).toBe(0);
    expect(await deployed()).toBe(await head());
  });

  test('migrates what was rehearsed, and nothing else', async () => {
    const migrated = await run(project, 'npx', 'maj', 'migrate', '--yes');
    expect(migrated.code, migrated.stderr).toBe(0);
    const database = /DB_NAME=(.*)/.exec(await readFile(join(project, '.env'), 'utf8'))?.[1] ?? '';
    const tables = await withSession(running().context(), running().target(database), (session) =>
      session.rows('SHOW TABLES'),
    );
    expect(tables.map((row) => Object.values(row)[0])).toEqual(['more', 'notes', 'schema_versions']);
    await writeFile(join(project, 'migrations', '003_last.sql'), 'CREATE TABLE last (id INT PRIMARY KEY);\n');
    const refused = await run(project, 'npx', 'maj', 'migrate', '--yes');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('003_last.sql');
  });
});
