import type { SettingName } from './settings.ts';

/** The settings that a team shares, in a file that git tracks: no secret, and nothing of one machine. */
export const sharedSettings = [
  'DB_NAME',
  'DB_SQL_MODE',
  'MIGRATIONS_DIR',
  'MIGRATIONS_PATTERN',
  'MIGRATIONS_PLACEHOLDERS',
  'MIGRATIONS_AFTER_EACH',
  'BACKUP_MAX_AGE',
  'DEPLOY_BRANCH',
  'DEPLOY_REMOTES',
  'GATE_REQUIRE_LIVE',
  'GATE_AUTO_SECONDS',
  'GATE_ALLOWED_SIGNERS',
  'GATE_DATABASE_SERVER',
] as const satisfies readonly SettingName[];

/** What may stand in `maj.config.json`: texts, or lists of texts, in each of which there is no comma. */
export type MajConfig = Readonly<
  Partial<Record<(typeof sharedSettings)[number], string | readonly string[]>>
> & { readonly $schema?: string };
