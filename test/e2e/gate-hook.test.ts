import { expect, test } from 'vitest';
import { gateRepository } from '../helpers/gate-repository.ts';

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
  const { push, branches } = gateRepository(dotenv);

  const other = await push('origin', 'HEAD:main');
  expect(other.code, other.stderr).toBe(0);

  const deploy = await push('origin', 'HEAD:deploy');
  expect(deploy.code).not.toBe(0);
  expect(deploy.stderr).toMatch(/The push of [0-9a-f]{12} to deploy is refused:/);
  expect(deploy.stderr).toMatch(/Next: .*maj rehearse/);

  expect(branches()).toEqual(['main']);
});
