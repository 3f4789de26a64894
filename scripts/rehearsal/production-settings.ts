import type { Context } from '../core/context.ts';
import { clientSettings, minutesAhead, offsetText } from '../database/session/client-settings.ts';
import { sqlErrorOf, withSession, type Session } from '../database/session/session.ts';
import type { Target } from '../database/session/target.ts';

/** A setting that a session begins with, as SHOW VARIABLES tells it. */
export interface ServerSetting {
  readonly name: string;
  readonly value: string;
}

/**
 * What a script's result depends on beside the sql_mode: the same statement makes other columns, other values, or fails,
 * where these differ. Some are of one flavour only. (Manuals: "Server System Variables" of each.)
 */
const names: readonly string[] = [
  'alter_algorithm',
  'auto_increment_increment',
  'auto_increment_offset',
  'binlog_format',
  'character_set_collations',
  'character_set_server',
  'collation_server',
  'default_collation_for_utf8mb4',
  'default_storage_engine',
  'default_week_format',
  'div_precision_increment',
  'explicit_defaults_for_timestamp',
  'foreign_key_checks',
  'group_concat_max_len',
  'innodb_default_row_format',
  'innodb_strict_mode',
  'lc_time_names',
  'log_bin_trust_function_creators',
  'max_allowed_packet',
  'max_execution_time',
  'max_join_size',
  'max_statement_time',
  'old_mode',
  'restrict_fk_on_non_standard_key',
  'sql_auto_is_null',
  'sql_big_selects',
  'sql_buffer_result',
  'sql_generate_invisible_primary_key',
  'sql_require_primary_key',
  'sql_safe_updates',
  'sql_select_limit',
  'system_versioning_alter_history',
  'time_zone',
  'unique_checks',
];

/**
 * Reads what a client of a server begins with, `init_connect` included. A time zone that is the machine's becomes its
 * offset of today.
 */
export async function readServerSettings(
  context: Pick<Context, 'signal'>,
  target: Target,
): Promise<ServerSetting[]> {
  const found = await clientSettings(context, target, names);
  const ahead = await withSession(context, target, minutesAhead);
  return [...found].map(([name, value]) =>
    name === 'time_zone' && value === 'SYSTEM' ? { name, value: offsetText(ahead) } : { name, value },
  );
}

/** Whether a server has a binary log: only one that was started with it has the rules that come with it. */
export async function hasBinaryLog(context: Pick<Context, 'signal'>, target: Target): Promise<boolean> {
  const ask = async (session: Session): Promise<boolean> => {
    const [row] = await session.rows('SELECT @@GLOBAL.log_bin AS log_bin');
    return Number(row?.['log_bin']) === 1;
  };
  return withSession(context, target, ask, { database: null });
}

/**
 * Makes another server, which nobody else uses, begin its sessions with the same.
 *
 * @returns the settings that it does not take: a named time zone that it has no table of, a variable of another version
 */
export async function takeServerSettings(
  session: Session,
  settings: readonly ServerSetting[],
): Promise<ServerSetting[]> {
  const list = names.map((name) => `'${name}'`).join(', ');
  const rows = await session.rows(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`);
  const own = new Map(rows.map((row) => [row['Variable_name'], row['Value']]));
  const refused: ServerSetting[] = [];
  for (const setting of settings) {
    const { name, value } = setting;
    if (own.get(name) === value) continue;
    const literal = /^\d+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, '')}'`;
    try {
      await session.run(`SET GLOBAL ${name} = ${literal}`);
    } catch (error) {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
      refused.push(setting);
    }
  }
  return refused;
}
