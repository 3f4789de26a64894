import { describe, expect, test } from 'vitest';
import { parseSettings, unknownNames } from '../../../scripts/config/parse.ts';

/** Lines of `.env` as frameworks install it, and names that their configuration reads besides. */
const frameworks = {
  'Laravel 11': {
    APP_NAME: 'Laravel',
    APP_ENV: 'local',
    APP_KEY: 'base64:c29tZXRoaW5nIHNlY3JldA==',
    APP_DEBUG: 'true',
    APP_TIMEZONE: 'UTC',
    APP_URL: 'http://localhost',
    APP_LOCALE: 'en',
    APP_FALLBACK_LOCALE: 'en',
    APP_FAKER_LOCALE: 'en_US',
    APP_MAINTENANCE_DRIVER: 'file',
    APP_MAINTENANCE_STORE: 'database',
    APP_PREVIOUS_KEYS: '',
    DB_CONNECTION: 'mysql',
    DB_HOST: '127.0.0.1',
    DB_PORT: '3306',
    DB_DATABASE: 'laravel',
    DB_USERNAME: 'root',
    DB_PASSWORD: '',
    DB_SOCKET: '',
    DB_URL: '',
    DB_CHARSET: 'utf8mb4',
    DB_COLLATION: 'utf8mb4_unicode_ci',
    DB_FOREIGN_KEYS: 'true',
    DB_CACHE_CONNECTION: '',
    DB_CACHE_TABLE: 'cache',
    DB_CACHE_LOCK_CONNECTION: '',
    DB_CACHE_LOCK_TABLE: '',
    DB_QUEUE: 'default',
    DB_QUEUE_CONNECTION: '',
    DB_QUEUE_TABLE: 'jobs',
    DB_QUEUE_RETRY_AFTER: '90',
  },
  Symfony: {
    APP_ENV: 'dev',
    APP_SECRET: '',
    APP_DEBUG: '1',
    APP_SHARE_DIR: 'var/share',
    APP_RUNTIME: '',
    APP_RUNTIME_MODE: '',
    DATABASE_URL: 'mysql://app:!ChangeMe!@127.0.0.1:3306/app?serverVersion=8.0.32&charset=utf8mb4',
  },
  Bedrock: {
    DB_NAME: 'database_name',
    DB_USER: 'database_user',
    DB_PASSWORD: 'database_password',
    DB_HOST: 'localhost',
    DB_PREFIX: 'wp_',
    DB_CHARSET: 'utf8mb4',
    DB_COLLATE: '',
    WP_ENV: 'development',
    WP_HOME: 'http://example.com',
  },
  'an application of one’s own': {
    APP_VERSION: '2.1.0',
    APP_ID: '7',
    APP_PORT: '8080',
    APP_DOMAIN: 'example.com',
    DB_ROOT_PASSWORD: 'x',
    DB_SSL_KEY: '/etc/ssl/client.key',
    DB_SSL_CERT: '/etc/ssl/client.pem',
  },
};

test.each(Object.entries(frameworks))('what %s has in .env is not meant for us', (_title, texts) => {
  expect(parseSettings(texts, Object.keys(texts))).toMatchObject({ ok: true });
});

describe('a slip in a name', () => {
  test.each([
    ['APP_HELTH_URL', 'APP_HEALTH_URL'],
    ['APP_HEALTHCHECK_URL', 'APP_HEALTH_URL'],
    ['APP_LAYUOT', 'APP_LAYOUT'],
    ['APP_PERSISTENT', 'APP_PERSIST'],
    ['DB_PASWORD', 'DB_PASSWORD'],
    ['DB_NAMES', 'DB_NAME'],
  ])('is found: %s', (name, nearest) => {
    const problem = { kind: 'slip', name, nearest };
    expect(unknownNames(['APP_NAME', name])).toEqual([problem]);
    expect(parseSettings({ [name]: 'x' }, [name])).toEqual({ ok: false, problems: [problem] });
  });

  test('is none beside the setting itself', () => {
    expect(unknownNames(['DB_SSLMODE'])).toMatchObject([{ nearest: 'DB_SSL_MODE' }]);
    expect(unknownNames(['DB_SSLMODE', 'DB_SSL_MODE'])).toEqual([]);
  });
});

test.each([
  ['BACKUP_MAXAGE', 'BACKUP_MAX_AGE'],
  ['MAINTENANCE_STORE_OF_SOMETHING', undefined],
  ['REHEARSAL_ZZZZZZZZZZZZ', undefined],
])('a name with a prefix of ours alone is never another’s: %s', (name, nearest) => {
  expect(unknownNames([name])).toEqual([{ kind: 'unknown', name, nearest }]);
});
