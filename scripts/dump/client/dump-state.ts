import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { clientSettings } from '../../database/session/client-settings.ts';
import { noLimit, stateStatement } from '../../database/session/session-state.ts';
import type { Target } from '../../database/session/target.ts';
import type { Flavour } from '../../sql/flavour.ts';
import { knownOptions, type DumpClient } from './clients.ts';

/** A setting that a dump program cannot be told, and what it must be. */
export interface DumpSetting {
  readonly name: string;
  readonly value: string;
  readonly needed: string;
}

const everywhere = [
  ['sql_select_limit', noLimit],
  ['sql_big_selects', 'ON'],
  ['sql_quote_show_create', 'ON'],
  ['character_set_client', 'utf8mb4'],
  ['character_set_results', 'utf8mb4'],
] as const;

/**
 * What would change a dump, or end it in the middle (every variable of a session was tried). What the programs set
 * themselves is not here: sql_mode, time zone, isolation, MariaDB's max_statement_time; nor does it matter to them whether
 * statements are committed.
 */
const needed: Readonly<Record<Flavour, readonly (readonly [name: string, value: string])[]>> = {
  mariadb: everywhere,
  mysql: [
    ...everywhere,
    ['max_execution_time', '0'],
    ['sql_buffer_result', 'OFF'],
    ['show_create_table_verbosity', 'OFF'],
    ['show_gipk_in_create_table_and_information_schema', 'ON'],
  ],
};

/**
 * Puts the session of the dump program into the known state: by its option for that, which MySQL's newer ones have. A
 * program that has none gets what the server gives to any client of this account: that is asked, and refused where
 * a dump would be cut or changed by it. The proof would be cut alike.
 *
 * @returns the arguments for the program
 * @throws MajError `dump-settings` naming each setting
 */
export async function dumpStateArguments(
  context: Pick<Context, 'env' | 'signal'>,
  client: DumpClient,
  target: Target,
): Promise<readonly string[]> {
  const knows = await knownOptions(context, client.dump, client.via);
  if (knows('init-command')) return [`--init-command=${stateStatement('ours')}`];
  const found = await clientSettings(
    context,
    target,
    needed[client.flavour].map(([name]) => name),
  );
  const settings = unfit(client.flavour, found);
  if (settings.length > 0)
    throw refused('dump-settings', { program: client.dump, user: target.user, settings });
  return [];
}

/** Those that a dump cannot be made in. Pure. */
const unfit = (flavour: Flavour, found: ReadonlyMap<string, string>): DumpSetting[] =>
  needed[flavour].flatMap(([name, value]) => {
    const is = found.get(name);
    return is === undefined || is === value ? [] : [{ name, value: is, needed: value }];
  });
