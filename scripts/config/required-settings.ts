import { resolve } from 'node:path';
import type { Context } from '../core/context.ts';
import { wrongUsage } from '../core/errors.ts';
import type { Config, SettingName } from './settings.ts';

/** A configuration in which some settings are known to have a value. */
export type ConfigWith<N extends SettingName> = Config & { readonly [K in N]-?: NonNullable<Config[K]> };

/**
 * Checks that settings which a verb cannot do without are there.
 *
 * @throws MajError `settings-missing`, naming all that are missing at once
 */
export function requireSettings<const N extends SettingName>(
  config: Config,
  names: readonly N[],
): ConfigWith<N> {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0) throw wrongUsage('settings-missing', { names: missing });
  return config as ConfigWith<N>;
}

/** The application's folder, absolute. */
export function applicationDir(context: Pick<Context, 'config' | 'projectDir'>): string {
  return resolve(context.projectDir, requireSettings(context.config, ['APP_DIR']).APP_DIR);
}

/** The folder of the backups, absolute. */
export function backupsDir(context: Pick<Context, 'config' | 'projectDir'>): string {
  return resolve(context.projectDir, context.config.BACKUP_DIR);
}

/** The folder of our own records (runs, receipts, lock), absolute. */
export function stateDir(context: Pick<Context, 'projectDir'>): string {
  return resolve(context.projectDir, '.maj');
}
