import { beforeAll, describe, expect, test } from 'vitest';
import type { Backup } from '../../../scripts/backup/list.ts';
import { takeBackup } from '../../../scripts/backup/take.ts';
import { Secret } from '../../../scripts/config/types.ts';
import { MajError } from '../../../scripts/core/errors.ts';
import { sqlErrorOf, withSession, type Session } from '../../../scripts/database/session/session.ts';
import { targetFromConfig } from '../../../scripts/database/session/target.ts';
import { describeError } from '../../../scripts/messages/catalogue.ts';
import { en } from '../../../scripts/messages/en/index.ts';
import { checkRestorable } from '../../../scripts/restore/check-restorable.ts';
import { proveBackup } from '../../../scripts/restore/prove.ts';
import { withThrowaway } from '../../../scripts/server/throwaway.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';
import { testContext, type TestContext } from '../../helpers/context.ts';
import { sampleOf } from '../../helpers/sample.ts';
import { servers, useServer } from '../../helpers/servers.ts';
import { migrate } from '../migrations/helpers.ts';
import { runAll } from './everything.ts';
import { askWitnesses, contradictions } from './round-trips/oracle.ts';
import { findClients } from '../../helpers/vendor-clients.ts';
import { restoreDatabase } from '../../helpers/restore-database.ts';

/**
 * Settings of a session that change what is read or written, each with a value that does. A server that has not the setting
 * is not asked. A new one is tried by being in this list.
 */
const settings: readonly (readonly [name: string, value: string, only?: Flavour])[] = [
  ['alter_algorithm', "'INSTANT'", 'mariadb'],
  ['autocommit', '0'],
  ['big_tables', '1'],
  ['character_set_client', "'latin1'"],
  ['character_set_collations', "'utf8mb4=utf8mb4_bin'", 'mariadb'],
  ['character_set_results', "'latin1'"],
  ['check_constraint_checks', '0', 'mariadb'],
  ['collation_connection', "'latin1_swedish_ci'"],
  ['completion_type', "'CHAIN'"],
  ['completion_type', "'RELEASE'"],
  ['default_collation_for_utf8mb4', "'utf8mb4_general_ci'", 'mysql'],
  ['default_storage_engine', "'MyISAM'"],
  ['default_week_format', '3'],
  ['div_precision_increment', '9'],
  ['enforce_storage_engine', "'MyISAM'", 'mariadb'],
  ['explicit_defaults_for_timestamp', '0'],
  ['foreign_key_checks', '0'],
  ['group_concat_max_len', '8'],
  ['idle_transaction_timeout', '1', 'mariadb'],
  ['information_schema_stats_expiry', '86400', 'mysql'],
  ['innodb_compression_default', '1', 'mariadb'],
  ['lc_time_names', "'fr_FR'"],
  ['max_error_count', '0'],
  ['max_execution_time', '1', 'mysql'],
  ['max_join_size', '1'],
  ['max_sort_length', '64'],
  ['max_statement_time', '0.05', 'mariadb'],
  ['old_mode', "'ZERO_DATE_TIME_CAST'", 'mariadb'],
  ['show_create_table_verbosity', '1', 'mysql'],
  ['show_gipk_in_create_table_and_information_schema', '0', 'mysql'],
  ['sql_auto_is_null', '1'],
  ['sql_big_selects', '0'],
  ['sql_buffer_result', '1'],
  ['sql_generate_invisible_primary_key', '1', 'mysql'],
  ['sql_if_exists', '1', 'mariadb'],
  ['sql_mode', "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'"],
  ['sql_mode', "''"],
  ['sql_mode', "'ORACLE'", 'mariadb'],
  ['sql_notes', '0'],
  ['sql_quote_show_create', '0'],
  ['sql_safe_updates', '1'],
  ['sql_select_limit', '1'],
  ['sql_select_limit', '3'],
  ['system_versioning_asof', "'2020-01-01 00:00:00'", 'mariadb'],
  // Not the time zone, which changes what the server computes from times: time-zones.test.ts has it.
  ['timestamp', '1'],
  ['transaction_isolation', "'READ-UNCOMMITTED'", 'mysql'],
  ['transaction_isolation', "'SERIALIZABLE'", 'mysql'],
  ['transaction_read_only', '1', 'mysql'],
  ['tx_isolation', "'READ-UNCOMMITTED'", 'mariadb'],
  ['tx_read_only', '1', 'mariadb'],
  ['unique_checks', '0'],
  ['wait_timeout', '1'],
];
const ways = ['set globally', 'by init_connect'] as const;

/** A value that SHOW VARIABLES printed, as SET takes it. */
function literal(name: string, value: string): string {
  if (/^[\d.]+$/.test(value)) return value;
  const isDefault = value === 'DEFAULT' || (value === '' && name !== 'sql_mode');
  return isDefault ? 'DEFAULT' : `'${value}'`;
}

const schema = (flavour: Flavour): string[] => [
  `CREATE TABLE shop (id INT AUTO_INCREMENT PRIMARY KEY, x VARCHAR(40) NOT NULL, price DOUBLE, at TIMESTAMP NOT NULL,
     seen TIMESTAMP NULL, day DATE GENERATED ALWAYS AS (DATE(at)) STORED, UNIQUE KEY ux (x), KEY kp (price))`,
  `INSERT INTO shop (x, price, at) VALUES ('Cœur – 3 €', 1.5, '2026-01-01 20:00:00'), ('back\\\\slash ''', 1e300, '2026-07-01 04:00:00'),
     ('),(', NULL, '2026-01-02 00:00:00'), ('d', 4, '1990-01-01 23:59:59'), ('e', 5, '2026-01-01 00:00:00')`,
  'CREATE TABLE keyless (a INT, b CHAR(5))',
  "INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, ''), (3, NULL)",
  'CREATE TABLE `prix €` (id INT PRIMARY KEY, shop_id INT, FOREIGN KEY (shop_id) REFERENCES shop (id)) ENGINE=InnoDB',
  'INSERT INTO `prix €` VALUES (1, 1), (2, 2), (3, 3), (4, NULL)',
  "CREATE VIEW names AS SELECT id, x AS y FROM shop WHERE x <> 'é'",
  "CREATE TRIGGER t1 BEFORE INSERT ON shop FOR EACH ROW SET NEW.x = CONCAT(NEW.x, '')",
  'CREATE TRIGGER t2 AFTER DELETE ON keyless FOR EACH ROW SET @gone = 1',
  "CREATE FUNCTION f1() RETURNS VARCHAR(9) DETERMINISTIC RETURN 'é'",
  'CREATE PROCEDURE p1() SELECT 1',
  'CREATE PROCEDURE p2() SELECT 2',
  ...(flavour === 'mysql'
    ? [
        'SET sql_generate_invisible_primary_key = 1',
        'CREATE TABLE gipk (a INT)',
        'INSERT INTO gipk VALUES (1), (2), (3), (4)',
      ]
    : [
        'CREATE SEQUENCE numbers',
        'CREATE TABLE past (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING',
        'INSERT INTO past VALUES (1, 1), (2, 2)',
        'UPDATE past SET v = 3',
      ]),
];

const partsOf = ({ manifest }: Backup): string[] =>
  manifest.parts.map(({ name, sha256 }) => `${name} ${sha256}`);

describe.each(servers)('on $name', (server) => {
  const running = useServer(server);
  let admin: Session;
  let database: string;
  let context: TestContext;
  let clean: Backup;
  let before: Awaited<ReturnType<typeof witnesses>>;
  const witnesses = async () =>
    askWitnesses(
      running(),
      { clients: await findClients(running().context(), server.flavour), socket: running().socket },
      database,
    );
  beforeAll(async () => {
    database = await running().createDatabase();
    await runAll(running(), database, schema(server.flavour));
    admin = await running().adminSession();
    await admin.run("CREATE USER app@localhost IDENTIFIED BY 'word'");
    await admin.run(`GRANT ALL ON ${database}.* TO app@localhost`);
    // To read routines, and to make again what is root's; none of them keeps init_connect away.
    const more =
      server.flavour === 'mysql'
        ? 'GRANT SHOW_ROUTINE, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER ON *.* TO app@localhost'
        : 'GRANT SET USER, SHOW CREATE ROUTINE ON *.* TO app@localhost';
    await admin.run(more).catch(async () => {
      await admin.run('GRANT SET USER ON *.* TO app@localhost');
      await admin.run('GRANT SELECT ON mysql.proc TO app@localhost');
    });
    if (server.flavour === 'mysql')
      await admin.run('SET GLOBAL log_bin_trust_function_creators = 1').catch(() => undefined);
    context = running().context({ DB_NAME: database, DB_USER: 'app', DB_PASSWORD: new Secret('word') });
    clean = await takeBackup(context);
    await withThrowaway(context, server.programs, (throwaway) => proveBackup(context, clean, throwaway));
    before = await witnesses();
  });

  /** Gives all sessions of the account this setting during a piece of work; false where the server does not take it so. */
  async function withSetting(
    name: string,
    value: string,
    way: (typeof ways)[number],
    work: () => Promise<void>,
  ): Promise<boolean> {
    const found = await admin.rows('SHOW GLOBAL VARIABLES WHERE Variable_name = ?', [name]);
    const was = String(found[0]?.['Value']);
    try {
      if (way === 'set globally') await admin.run(`SET GLOBAL ${name} = ${value}`);
      // What the account itself may not set, its init_connect cannot either.
      else await withSession(context, targetFromConfig(context), (own) => own.run(`SET ${name} = ${value}`));
    } catch (error) {
      if (sqlErrorOf(error)?.errno === undefined) throw error;
      return false;
    }
    if (way === 'by init_connect')
      await admin.rows('SET GLOBAL init_connect = ?', [`SET ${name} = ${value}`]);
    const setBack = (): Promise<unknown> =>
      way === 'by init_connect'
        ? admin.run("SET GLOBAL init_connect = ''")
        : admin.run(`SET GLOBAL ${name} = ${literal(name, was)}`);
    try {
      await work();
    } catch (error) {
      // The other tests begin with the same database.
      await setBack();
      await restoreDatabase(context, clean, targetFromConfig(context));
      throw error;
    }
    await setBack();
    return true;
  }

  const spoil = [
    "UPDATE shop SET x = CONCAT(id, ' gone') WHERE id > 1",
    'DELETE FROM keyless',
    'DELETE FROM `prix €`',
    'DROP VIEW names',
  ];
  const refusals = ['dump-settings', 'load-settings'];
  /** What came of it: done, or refused with the setting's name. */
  async function outcome(name: string, work: () => Promise<unknown>): Promise<'done' | 'refused'> {
    try {
      await work();
      return 'done';
    } catch (error) {
      if (!(error instanceof MajError) || !refusals.includes(error.code)) throw error;
      expect(`${error.message} ${describeError(error, en).hint}`).toContain(name);
      expect(error.exitCode).toBe(3);
      return 'refused';
    }
  }

  const cases = sampleOf(
    ways.flatMap((way) =>
      settings
        .filter(([, , only]) => only === undefined || only === server.flavour)
        .map(([name, value]) => [name, value, way] as const),
    ),
    servers.indexOf(server),
  );
  test.each(cases)(
    '%s = %s %s: a backup, its proof and a restore are whole, or refused by name',
    async (name, value, way) => {
      const target = targetFromConfig(context);
      const came = { restored: 'refused' as 'done' | 'refused' };
      const isTaken = await withSetting(name, value, way, async () => {
        let backup: Backup = clean;
        const taken = await outcome(name, async () => (backup = await takeBackup(context)));
        // The very parts of the backup without the setting, which was proven: nothing is cut.
        expect([taken, partsOf(backup)]).toEqual([taken, partsOf(clean)]);
        expect(backup.manifest.database.fingerprint).toBe(clean.manifest.database.fingerprint);
        await runAll(running(), database, spoil);
        came.restored = await outcome(name, async () => {
          await checkRestorable(context, backup, target, 'keep');
          await restoreDatabase(context, backup, target);
        });
      });
      if (!isTaken) return;
      if (came.restored === 'refused') {
        const left = await withSession(testContext(), running().target(database), (session) =>
          session.rows('SELECT COUNT(*) AS n FROM keyless'),
        );
        expect(left.map(({ n }) => Number(n))).toEqual([0]);
        await restoreDatabase(context, clean, target);
      }
      expect(contradictions(before, await witnesses())).toEqual([]);
    },
  );

  // What ends a script that takes longer than any client may, or lets nobody make an InnoDB table, is the server's decision.
  const decided = new Set(['max_statement_time', 'enforce_storage_engine']);
  test.each(cases.filter(([name]) => !decided.has(name)))(
    '%s = %s %s: migrations are recorded, and what they write is committed',
    async (name, value, way) => {
      const own = await running().createDatabase();
      await admin.run(`GRANT ALL ON ${own}.* TO app@localhost`);
      const mine = { ...context, config: { ...context.config, DB_NAME: own } };
      const isTaken = await withSetting(name, value, way, async () => {
        await migrate(mine, targetFromConfig(mine), {
          '001_a.sql': 'CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1);',
          '002_b.sql':
            'INSERT INTO a VALUES (2); ALTER TABLE a ADD COLUMN b INT; INSERT INTO a VALUES (3, 4);',
        });
      });
      if (!isTaken) return;
      const rows = await withSession(testContext(), running().target(own), (session) =>
        session.rows(
          'SELECT (SELECT COUNT(*) FROM a) AS n, COUNT(*) AS applied FROM schema_versions WHERE state = ?',
          ['applied'],
        ),
      );
      expect(rows.map((row) => [Number(row['n']), Number(row['applied'])])).toEqual([[3, 2]]);
    },
  );
});
