import { flavours, traits, type Flavour } from '../../sql/flavour.ts';

/** A setting of a session, and the value that ours have, whatever the server or its `init_connect` says. */
interface KnownSetting {
  readonly name: string;
  /** As SQL. */
  readonly value: string;
  /** The first version that has it, as a comment of the server's own writes it: 100300 is 10.3. Not given: every one. */
  readonly since?: Partial<Readonly<Record<Flavour, number>>>;
}

const longestWait = '31536000';
/** As servers write that there is none. */
export const noLimit = '18446744073709551615';

/**
 * The known state: what changes the rows or the text that a server gives, or what becomes of what it is given. The list
 * is of the manuals ("Server System Variables" of each vendor), and was tried: each variable of a session of MariaDB
 * 10.11 and 11.8 and MySQL 9.7 was set by `init_connect`, and the dump compared.
 * `sql_log_bin` is not among them: whether a change reaches replicas is the administrator's decision.
 */
const knownState: readonly KnownSetting[] = [
  // A statement without a transaction would never be committed.
  { name: 'autocommit', value: '1' },
  // CHAIN begins a transaction after each COMMIT, RELEASE ends the connection.
  { name: 'completion_type', value: '0' },
  { name: 'tx_read_only', value: '0', since: { mariadb: 100_000 } },
  { name: 'transaction_read_only', value: '0', since: { mysql: 50_720 } },
  { name: 'tx_isolation', value: "'REPEATABLE-READ'", since: { mariadb: 100_000 } },
  { name: 'transaction_isolation', value: "'REPEATABLE-READ'", since: { mysql: 50_720 } },
  // They cut what is read, or refuse to read it.
  { name: 'sql_select_limit', value: noLimit },
  { name: 'sql_big_selects', value: '1' },
  { name: 'sql_safe_updates', value: '0' },
  { name: 'max_statement_time', value: '0', since: { mariadb: 100_101 } },
  { name: 'max_execution_time', value: '0', since: { mysql: 50_708 } },
  { name: 'system_versioning_asof', value: 'DEFAULT', since: { mariadb: 100_304 } },
  // They change the text of definitions: names without quotes, `select sql_buffer_result` in views, columns left out.
  { name: 'sql_quote_show_create', value: '1' },
  { name: 'sql_buffer_result', value: '0' },
  { name: 'show_create_table_verbosity', value: '0', since: { mysql: 50_722 } },
  { name: 'show_gipk_in_create_table_and_information_schema', value: '1', since: { mysql: 80_030 } },
  // They change what a statement of ours means. The times in definitions are shown in the session's time zone.
  { name: 'sql_auto_is_null', value: '0' },
  { name: 'group_concat_max_len', value: '4294967295' },
  { name: 'time_zone', value: "'+00:00'" },
  { name: 'timestamp', value: 'DEFAULT' },
  { name: 'foreign_key_checks', value: '1' },
  { name: 'unique_checks', value: '1' },
  // Sizes and counters of tables as they are, and not of yesterday.
  { name: 'information_schema_stats_expiry', value: '0', since: { mysql: 80_000 } },
  // A silent session may have to wait for as long as the work beside it takes: a large dump, a load over other connections.
  { name: 'wait_timeout', value: longestWait },
  { name: 'net_read_timeout', value: longestWait },
  { name: 'net_write_timeout', value: longestWait },
  { name: 'idle_transaction_timeout', value: '0', since: { mariadb: 100_300 } },
  { name: 'idle_readonly_transaction_timeout', value: '0', since: { mariadb: 100_300 } },
  { name: 'idle_write_transaction_timeout', value: '0', since: { mariadb: 100_300 } },
];

/** The sql_mode of our own statements, for which nothing else was asked. */
const ownSqlMode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';

/**
 * What a script of migrations, which otherwise starts as any client would, must not find otherwise: its rows and its
 * record in the ledger are committed together, by us.
 */
const ofScripts: ReadonlySet<string> = new Set([
  'autocommit',
  'completion_type',
  'tx_read_only',
  'transaction_read_only',
]);

/**
 * Who a session is for: `ours` is in the known state. `client` is as the server makes it for any client of this account,
 * with what `init_connect` says: nothing is set in it. `script` is that for a script of migrations.
 */
export type SessionState = 'ours' | 'script' | 'client';

/**
 * The SET statement that puts a session into its state. What only some versions have stands in the comments that only
 * they execute: it takes no second statement to find out. MariaDB passes over those of MySQL from 50700 to 99999.
 *
 * @param more further assignments
 */
export function stateStatement(state: 'ours' | 'script', more: readonly string[] = []): string {
  const settings = state === 'ours' ? knownState : knownState.filter(({ name }) => ofScripts.has(name));
  const everywhere = settings.filter(({ since }) => since === undefined).map(assignment);
  const somewhere = settings.flatMap((setting) =>
    flavours.flatMap((flavour) => {
      const version = setting.since?.[flavour];
      const versionedComment = traits.versionedComment[flavour];
      return version === undefined ? [] : [`/*${versionedComment}${version} , ${assignment(setting)} */`];
    }),
  );
  const plain = [
    // The handshake can only name a collation; this takes the server's own default for utf8mb4, as its client does.
    'NAMES utf8mb4',
    ...everywhere,
    ...(state === 'ours' ? [`SESSION sql_mode = '${ownSqlMode}'`] : []),
    ...more,
  ];
  return [`SET ${plain.join(', ')}`, ...somewhere].join(' ');
}

const assignment = ({ name, value }: KnownSetting): string => `SESSION ${name} = ${value}`;

/** Now, as InnoDB's list of transactions has its times: by the machine's clock, whatever the session's zone is. */
export const systemNow = "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')";
