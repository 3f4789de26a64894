import { describe, expect, test } from 'vitest';
import { findSlips, parseSettings } from '../../../scripts/config/parse.ts';

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
  'others, with names that begin like ours': {
    CLIENT_URL: 'https://example.com',
    CLIENT_ID: 'x',
    CLIENT_SECRET: 'x',
    BACKUP_ARCHIVE_PASSWORD: 'x',
    BACKUP_S3_BUCKET: 'x',
    DEPLOY_KEY: 'x',
    DEPLOY_HOST: 'x',
    UPDATE_INTERVAL: '1h',
    MAINTENANCE_MODE: '0',
    APP_LOG: 'daily',
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

test.each(Object.entries(frameworks))('what %s has in .env stops nothing', (_title, texts) => {
  expect(parseSettings(texts, Object.keys(texts))).toMatchObject({ ok: true });
});

test('what the frameworks have is no slip', () => {
  const { 'others, with names that begin like ours': others, ...usual } = frameworks;
  for (const texts of Object.values(usual)) expect(findSlips(Object.keys(texts))).toEqual([]);
  expect(findSlips(Object.keys(others))).toEqual([{ name: 'APP_LOG', nearest: 'APP_LOGS' }]);
});

describe('a slip in a name', () => {
  test.each([
    ['APP_HELTH_URL', 'APP_HEALTH_URL'],
    ['APP_HEALTHCHECK_URL', 'APP_HEALTH_URL'],
    ['APP_LAYUOT', 'APP_LAYOUT'],
    ['APP_PERSISTENT', 'APP_PERSIST'],
    ['DB_PASWORD', 'DB_PASSWORD'],
    ['DB_NAMES', 'DB_NAME'],
    ['BACKUP_MAXAGE', 'BACKUP_MAX_AGE'],
    ['CLIENT_BIN_DIRS', 'CLIENT_BIN_DIR'],
    ['MAINTENANCE_FLIE', 'MAINTENANCE_FILE'],
  ])('is found, and stops nothing: %s', (name, nearest) => {
    expect(findSlips(['APP_NAME', name])).toEqual([{ name, nearest }]);
    expect(parseSettings({ [name]: 'x' }, [name])).toMatchObject({ ok: true });
  });

  test('is none beside the setting itself', () => {
    expect(findSlips(['DB_SSLMODE'])).toMatchObject([{ nearest: 'DB_SSL_MODE' }]);
    expect(findSlips(['DB_SSLMODE', 'DB_SSL_MODE'])).toEqual([]);
  });
});

test.each([
  ['MAJ_LANGUAGE', 'MAJ_LANG'],
  ['MAJ_GATE_BYPASS', undefined],
])('a name that begins as only ours do is an error: %s', (name, nearest) => {
  const problems = [{ kind: 'unknown', name, nearest }];
  expect(parseSettings({ [name]: 'x' }, [name])).toEqual({ ok: false, problems });
});
