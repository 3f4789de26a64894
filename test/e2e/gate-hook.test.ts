import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { capture } from '../../scripts/system/process/processes.ts';
import { majCommand } from '../helpers/cli.ts';
import { temporaryFolder, testContext } from '../helpers/context.ts';
import { writeTree } from '../helpers/packages.ts';

/** What Laravel 11 installs, as far as a name of it begins like one of ours. */
const dotenv = `APP_NAME=Laravel
APP_ENV=local
APP_KEY=base64:c29tZXRoaW5nIHNlY3JldA==
APP_DEBUG=true
APP_TIMEZONE=UTC
APP_URL=http://localhost
APP_LOCALE=en
APP_FALLBACK_LOCALE=en
APP_FAKER_LOCALE=en_US
APP_MAINTENANCE_DRIVER=file
DB_CONNECTION=mysql
DB_HOST=127.0.0.1
DB_PORT=3306
DB_DATABASE=laravel
DB_USERNAME=root
DB_PASSWORD=
`;

test('the pre-push hook decides in a Laravel repository, whose .env has names like ours', async () => {
  const folder = join(temporaryFolder('hook'), 'site');
  const remote = join(folder, '..', 'remote.git');
  writeTree(folder, { '.env': dotenv, '.gitignore': '.env\n', 'migrations/001_users.sql': 'SELECT 1;\n' });
  const run = (...words: string[]): void => void execFileSync('git', words, { cwd: folder, stdio: 'ignore' });
  run('init', '--initial-branch=main');
  run('init', '--bare', remote);
  run('remote', 'add', 'origin', remote);
  run('add', '.');
  run('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-m', 'first');
  const hook = join(folder, '.git', 'hooks', 'pre-push');
  const words = majCommand.map((word) => `'${word}'`).join(' ');
  writeFileSync(hook, `#!/bin/sh\n${words} gate "$@"\n`);
  chmodSync(hook, 0o755);
  const context = testContext({ projectDir: folder, env: process.env });
  const push = (refs: string) => capture(context, 'git', ['push', 'origin', refs], { cwd: folder });

  const other = await push('HEAD:main');
  expect(other.code, other.stderr).toBe(0);

  const deploy = await push('HEAD:deploy');
  expect(deploy.code).not.toBe(0);
  expect(deploy.stderr).toMatch(/The push of [0-9a-f]{12} to deploy is refused:/);
  expect(deploy.stderr).toMatch(/Next: .*maj rehearse/);

  const branches = await capture(context, 'git', ['branch', '--format=%(refname:short)'], { cwd: remote });
  expect(branches.stdout).toBe('main\n');
});
