import type { SettingType } from './types.ts';
import * as type from './types.ts';

/** One line of the table of settings. */
export interface Setting<T> {
  readonly type: SettingType<T>;
  /** The text that stands for it when it is not given; undefined: it has no value then. */
  readonly default?: string;
  /** An example for `.env.example`, where the default says too little. */
  readonly example?: string;
  /** Whether an empty text is its value; of the others it says that they are not given. */
  readonly mayBeEmpty?: true;
}

const setting = <T>(
  settingType: SettingType<T>,
  example?: string,
): { type: SettingType<T>; example?: string } =>
  example === undefined ? { type: settingType } : { type: settingType, example };

const withDefault = <T, const D extends string>(
  settingType: SettingType<T>,
  value: D,
): { type: SettingType<T>; default: D } => ({
  type: settingType,
  default: value,
});

/**
 * Every setting there is. The parser, `maj --help`, `.env.example` and the README's table all come from here;
 * the sentences are in the message catalogue, a language a file.
 */
export const settings = {
  DATABASE_URL: setting(type.secret, 'mysql://user:password@host:3306/name'),
  DB_HOST: withDefault(type.string, 'localhost'),
  DB_PORT: withDefault(type.integer(1, 65_535), '3306'),
  DB_SOCKET: setting(type.path, '/run/mysqld/mysqld.sock'),
  DB_NAME: setting(type.string, 'intimemanager'),
  DB_USER: setting(type.string, 'intimemanager'),
  DB_PASSWORD: setting(type.secret),
  DB_SSL_MODE: withDefault(
    type.choice('auto', 'verify', 'verify-ca', 'required', 'preferred', 'disabled'),
    'auto',
  ),
  DB_SSL_CA: setting(type.path, '/etc/ssl/certs/database-ca.pem'),
  // Applications connect with an empty one: osTicket, PrestaShop.
  DB_SQL_MODE: { ...setting(type.string, 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'), mayBeEmpty: true },
  APP_DIR: setting(type.path, '/var/www/intimemanager'),
  APP_LAYOUT: withDefault(type.choice('in-place', 'releases'), 'in-place'),
  APP_VERSION_FILE: withDefault(type.string, 'VERSION'),
  APP_VERSION_PATTERN: setting(type.pattern, "RCMAIL_VERSION', '([^']+)'"),
  APP_PERSIST: withDefault(type.list, 'uploads,.env'),
  APP_HEALTH_URL: setting(type.url, 'http://localhost/health'),
  APP_HEALTH_TEXT: setting(type.string, 'ok'),
  APP_HEALTH_TIMEOUT: withDefault(type.duration, '30s'),
  APP_SMOKE_COMMAND: setting(type.command, 'php bin/smoke-test.php'),
  APP_LOGS: setting(type.list, 'logs/error.log'),
  APP_DEPENDENCIES_COMMAND: setting(type.command, 'composer install --no-dev'),
  APP_CACHE_COMMAND: setting(type.command, 'php bin/clear-cache.php'),
  APP_SERVICES: setting(type.units, 'ghost.service,ghost-worker.timer'),
  APP_STOP_COMMAND: setting(type.command, 'pm2 stop app'),
  APP_START_COMMAND: setting(type.command, 'pm2 start app'),
  APP_DB_ACCOUNTS: setting(type.list, 'shop,shop_worker'),
  APP_COMMAND_TIMEOUT: withDefault(type.duration, '15m'),
  APP_USER: setting(type.string, 'www-data'),
  APP_COMMANDS_AS_ROOT: withDefault(type.choice('no', 'yes'), 'no'),
  MAINTENANCE_FILE: setting(type.string, 'maintenance.flag'),
  MAINTENANCE_ON: setting(type.command, 'php artisan down'),
  MAINTENANCE_OFF: setting(type.command, 'php artisan up'),
  MAINTENANCE_STATUS: setting(type.command, 'test -f storage/framework/down'),
  MAINTENANCE_DRAIN: withDefault(type.duration, '10s'),
  MIGRATIONS_DIR: withDefault(type.string, 'migrations'),
  MIGRATIONS_PATTERN: setting(type.namePattern, String.raw`schema-(\d+)\.sql`),
  MIGRATIONS_PLACEHOLDERS: setting(type.placeholders, '%TABLE_PREFIX%=app_'),
  MIGRATIONS_AFTER_EACH: setting(
    type.string,
    "UPDATE settings SET value = '{version}' WHERE name = 'schema'",
  ),
  UPDATE_SOURCE: setting(type.source, '/srv/packages'),
  UPDATE_PUBLIC_KEY: setting(type.string, 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3'),
  UPDATE_TOKEN: setting(type.secret),
  UPDATE_GITHUB_API: withDefault(type.url, 'https://api.github.com'),
  BACKUP_DIR: withDefault(type.path, '.maj/backups'),
  BACKUP_MAX_AGE: withDefault(type.duration, '24h'),
  BACKUP_KEEP_DAYS: withDefault(type.integer(1, 36_500), '30'),
  BACKUP_KEEP_LEAST: withDefault(type.integer(1, 1000), '3'),
  BACKUP_CODEC: withDefault(type.choice('auto', 'zstd', 'gzip'), 'auto'),
  CLIENT_BIN_DIR: setting(type.path, '/usr/bin'),
  CLIENT_COMMAND: setting(type.words, 'docker exec -i db'),
  CLIENT_HOST: setting(type.place, 'localhost:3306'),
  REHEARSAL_SERVER: withDefault(type.string, 'auto'),
  DEPLOY_BRANCH: withDefault(type.branches, 'deploy'),
  DEPLOY_REMOTES: setting(type.list, 'dokku,https://git.example/*'),
  GATE_REQUIRE_LIVE: withDefault(type.choice('no', 'yes'), 'no'),
  GATE_SIGNING_KEY: setting(type.path, '/etc/maj/receipts_ed25519'),
  GATE_ALLOWED_SIGNERS: setting(type.path, '.maj-signers'),
  GATE_DATABASE_SERVER: setting(type.string, 'db.example:3306'),
  GATE_AUTO_SECONDS: setting(type.integer(0, 3600), '30'),
  MAJ_LANG: withDefault(type.choice('auto', 'en', 'fr'), 'auto'),
} as const satisfies Record<string, Setting<unknown>>;

/** The name of a setting, as it stands in `.env`. */
export type SettingName = keyof typeof settings;

type ValueOf<S> = S extends { readonly type: SettingType<infer T> }
  ? S extends { readonly default: string }
    ? T
    : T | undefined
  : never;

/** The settings, parsed; one without a value and without a default is undefined. */
export type Config = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> };

/** The names, in the order of the table. */
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** The line of the table for a name. */
export const settingOf = (name: SettingName): Setting<unknown> => settings[name];

/** The settings that are a command line of the application. */
export const commandSettings: readonly SettingName[] = settingNames.filter(
  (name) => settingOf(name).type === (type.command as SettingType<unknown>),
);

/** Whether a setting's value may never be shown or stand in an argument list. */
export const isSecret = (name: SettingName): boolean =>
  settingOf(name).type === (type.secret as SettingType<unknown>);

/** What a check guards, and by which measure: whoever is checked must not be the one to say it. */
export const ruleSettings: readonly SettingName[] = [
  'MIGRATIONS_DIR',
  'MIGRATIONS_PATTERN',
  'BACKUP_MAX_AGE',
  'DEPLOY_BRANCH',
  'DEPLOY_REMOTES',
  'GATE_REQUIRE_LIVE',
  'GATE_ALLOWED_SIGNERS',
  'GATE_DATABASE_SERVER',
  'GATE_AUTO_SECONDS',
];
