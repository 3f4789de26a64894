import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../scripts/backup/take.ts';
import type { Context } from '../../scripts/core/context.ts';
import { MajError } from '../../scripts/core/errors.ts';
import type { Session } from '../../scripts/database/session/session.ts';
import { sqlErrorOf } from '../../scripts/database/session/sql-error.ts';
import { targetFromConfig } from '../../scripts/database/session/target.ts';
import { describeError } from '../../scripts/messages/catalogue.ts';
import { en } from '../../scripts/messages/en/index.ts';
import { acceptText } from '../../scripts/migrations/accepted.ts';
import { settleDoubt } from '../../scripts/migrations/in-doubt/resolve-in-doubt.ts';
import { ledgerWrites, type LedgerWrite } from '../../scripts/migrations/ledger/ledger-write.ts';
import { noProgress } from '../../scripts/sql/statement.ts';
import { temporaryFolder } from '../helpers/context.ts';
import { migrationsOf } from '../helpers/migrations.ts';
import { servers, useServer } from '../helpers/servers.ts';
import { openTap, type Fate, type Passing, type Tap } from '../helpers/tap.ts';
import { migrate, migrateCaller } from '../integration/migrations/helpers.ts';
import { ground, kindsOfScripts } from './ledger-scripts.ts';

/** What stands in the way of a write, made by sessions of the test; undone by `lift`. */
interface Hand {
  readonly admin: Session;
  readonly other: Session;
}

/** A way in which a statement on its way to the server, or the server's answer, is struck. */
interface Way {
  readonly name: string;
  /** It is the ledger's writes alone that this stands in the way of. */
  readonly ledgerOnly: boolean;
  /** Each costs the time of a lock wait. */
  readonly waits: boolean;
  strike(hand: Hand, passing: Passing): Promise<Fate>;
  lift?(hand: Hand): Promise<unknown>;
  /** What happens to the writes of the ledger that follow, once it has struck. */
  readonly next?: 'cut' | 'lift';
}

const cutting = (when: 'before' | 'after', all: boolean, next?: 'cut'): Way => ({
  name: `${all ? 'all connections are' : 'its connection is'} cut ${when} it is done${next === undefined ? '' : ', and the next write as well'}`,
  ledgerOnly: false,
  waits: false,
  strike: () => Promise.resolve({ cut: when, all }),
  ...(next === undefined ? {} : { next }),
});

const blocking = (name: string, before: readonly string[], lift: string, next?: 'lift'): Way => ({
  name,
  ledgerOnly: true,
  waits: true,
  strike: async ({ other }) => {
    try {
      for (const sql of before) await other.run(sql);
    } catch (error) {
      // The script itself holds what would be taken.
      if (sqlErrorOf(error)?.errno === undefined) throw error;
    }
    return 'pass';
  },
  lift: ({ other }) => other.run(lift),
  ...(next === undefined ? {} : { next }),
});

const rowLock = ['START TRANSACTION', 'SELECT * FROM app.schema_versions FOR UPDATE'];
const ways: readonly Way[] = [
  cutting('before', false),
  cutting('after', false),
  cutting('before', true),
  cutting('after', true),
  cutting('after', false, 'cut'),
  {
    name: 'its connection is killed',
    ledgerOnly: false,
    waits: false,
    strike: async ({ admin }, { connection }) => {
      await admin.run(`KILL ${connection}`);
      return 'pass';
    },
  },
  {
    ...blocking('the server is read-only', ['SET GLOBAL read_only = 1'], 'SET GLOBAL read_only = 0'),
    waits: false,
  },
  blocking('another session holds its row', rowLock, 'ROLLBACK'),
  blocking('another session holds its row for a moment', rowLock, 'ROLLBACK', 'lift'),
  blocking(
    'another session has locked its table',
    ['LOCK TABLES app.schema_versions WRITE'],
    'UNLOCK TABLES',
  ),
  blocking('another session has locked all tables', ['FLUSH TABLES WITH READ LOCK'], 'UNLOCK TABLES'),
];

const all = process.env['FAULTS'] === 'all';

/** Our own questions, and how our sessions begin. */
const asks = /^\W*(?:SELECT|SHOW|SET NAMES|SET SESSION|SET @select_limit|KILL|UNLOCK TABLES$)/;
const ledgerNamed = /\/\* maj ledger: ([a-z-]+) \*\//;
const writeOf = (text: string): string | undefined => ledgerNamed.exec(text)?.[1];

/** Where a run can be struck: a statement of a script, or a write of the ledger. */
interface Point {
  readonly script: number;
  /** Which one of those that this script sends. */
  readonly at: number;
  readonly text: string;
}

/** The error that a user sees; none when it went through. */
interface Outcome {
  readonly error?: {
    readonly code: string;
    readonly exitCode: number;
    readonly message: string;
    readonly hint: string;
    readonly state: string;
  };
}

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work();
    return {};
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    return { error: { code: error.code, exitCode: error.exitCode, ...describeError(error, en) } };
  }
}

const oneScript = { '001_a.sql': 'CREATE TABLE a1 (id INT);' };

describe.each(servers)('on $name, a migration of which any statement is struck', (server) => {
  const running = useServer(server);
  let tap: Tap;
  let context: Context;
  let call: ReturnType<typeof migrateCaller>['call'];
  let hand: Hand;
  const names = kindsOfScripts.map(
    ({ name }, index) => `${String(index + 1).padStart(3, '0')}_${name.replaceAll('-', '_')}.sql`,
  );
  const points: Point[] = [];
  const wanted: unknown[] = [];

  const attempt = (words: readonly string[], version?: number): Promise<Outcome> =>
    outcomeOf(() =>
      call(
        words,
        words[0]?.startsWith('mark') === true
          ? { because: 'maj said so' }
          : version === undefined
            ? {}
            : { to: String(version) },
      ),
    );
  const emptied = async (): Promise<void> => {
    await hand.admin.run('DROP DATABASE IF EXISTS app');
    await hand.admin.run('CREATE DATABASE app CHARACTER SET utf8mb4');
    await hand.admin.run('USE app');
    for (const sql of ground) await hand.admin.run(sql);
  };
  /** Everything but the ledger. */
  const content = async (): Promise<unknown> => ({
    log: await hand.admin.rows('SELECT n FROM app.log ORDER BY n'),
    today: await hand.admin.rows('SELECT * FROM app.today'),
    tables: await hand.admin.rows(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'app' ORDER BY name`,
    ),
  });
  /** Until the server has seen that the connections are gone, and has undone what they had not committed. */
  const settled = async (): Promise<void> => {
    for (;;) {
      const left = await hand.admin.rows(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'app' AND USER = 'app'",
      );
      if (left.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const happened = async (script: number, number: number): Promise<boolean | undefined> => {
    const seen = kindsOfScripts[script]?.statements[number - 1]?.seen;
    if (seen === undefined) return undefined;
    // The table that it asks may not be there yet.
    return (await hand.admin.rows(seen).catch(() => [])).length > 0;
  };

  beforeAll(async () => {
    tap = await openTap(running().socket);
    hand = { admin: await running().adminSession(), other: await running().adminSession() };
    await hand.admin.run("CREATE USER app@localhost IDENTIFIED BY ''");
    await hand.admin.run('GRANT ALL ON app.* TO app@localhost');
    await hand.admin.run('GRANT SELECT, PROCESS ON *.* TO app@localhost');
    await hand.other.run('SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1');
    const asRoot = running().context({
      DB_SOCKET: tap.socket,
      DB_NAME: 'app',
      APP_DIR: temporaryFolder('app'),
    });
    // Nobody is read-only to root.
    context = { ...asRoot, config: { ...asRoot.config, DB_USER: 'app' } };
    await mkdir(join(context.projectDir, 'migrations'));
    for (const [index, { statements }] of kindsOfScripts.entries()) {
      const text = statements.map(({ sql }) => `${sql};\n`).join('');
      await writeFile(join(context.projectDir, 'migrations', names[index] ?? ''), text);
    }
    call = migrateCaller(context).call;
    await emptied();
    await call(['baseline', '0']);
    await takeBackup(asRoot, { databaseOnly: true });
    await migrateCaller(asRoot).call([], { 'dry-run': true });
    for (const script of kindsOfScripts.keys()) {
      let at = 0;
      tap.watch(({ text }) => {
        if (!asks.test(text)) points.push({ script, at: at++, text });
        return 'pass';
      });
      await call([], { to: String(script + 1) });
      tap.watch(undefined);
      wanted.push(await content());
    }
    await hand.admin.run('SET GLOBAL lock_wait_timeout = 1');
    await hand.admin.run('SET GLOBAL innodb_lock_wait_timeout = 1');
  }, 300_000);
  afterAll(() => tap.close());

  test('names each write of the ledger', () => {
    const unnamed = points.filter(
      ({ text }) => text.includes('schema_versions') && writeOf(text) === undefined,
    );
    expect(unnamed).toEqual([]);
  });

  /** Runs a script, strikes it, and follows what is said to the end. */
  const strikeAt = async (
    { script, at, text }: Point,
    way: Way,
    struckWrites: Set<string>,
  ): Promise<void> => {
    const version = script + 1;
    let seen = 0;
    let struck: 'no' | 'once' | 'twice' = 'no';
    const unnamed: string[] = [];
    tap.watch(async (passing) => {
      if (asks.test(passing.text)) return 'pass';
      const write = writeOf(passing.text);
      if (write === undefined && passing.text.includes('schema_versions')) unnamed.push(passing.text);
      if (struck === 'no') {
        if (seen++ !== at) return 'pass';
        struck = 'once';
        if (write !== undefined) struckWrites.add(write);
        return way.strike(hand, passing);
      }
      if (write === undefined || way.next === undefined || struck === 'twice') {
        if (write !== undefined && way.lift !== undefined) struckWrites.add(write);
        return 'pass';
      }
      struck = 'twice';
      if (way.next === 'cut') {
        struckWrites.add(write);
        return { cut: 'before', all: false };
      }
      await way.lift?.(hand);
      return 'pass';
    });
    const told: string[] = [`${way.name}: ${writeOf(text) ?? text}`];
    const tell = (words: readonly string[], { error }: Outcome): void => {
      told.push(`${words.join(' ')}: ${error === undefined ? 'done' : JSON.stringify(error)}`);
    };
    try {
      let outcome = await attempt([], version);
      tell(['migrate'], outcome);
      tap.watch(undefined);
      await way.lift?.(hand);
      await settled();
      expect(unnamed).toEqual([]);
      expect(struck, 'it was struck').not.toBe('no');
      let word: string | undefined;
      if (outcome.error !== undefined) word = await checkTrue(script, outcome.error);
      for (let step = 0; outcome.error !== undefined; step += 1) {
        if (step === 8) throw new Error('no way out');
        await call(['status']);
        const { code, hint, message } = outcome.error;
        let words: string[] = hint.includes('`maj migrate resume`') ? ['resume'] : [];
        if (code === 'migration-doubt') {
          const number = Number(/statement (\d+) of/.exec(message)?.[1]);
          const truth = (await happened(script, number)) === true ? 'mark-applied' : 'mark-not-applied';
          // What the run has said of this statement is so.
          if (word?.startsWith(`${number} `) === true) expect(word).toBe(`${number} ${truth}`);
          const marked = await attempt([truth, String(version)]);
          tell([truth], marked);
          expect(marked.error).toBeUndefined();
          words = ['resume'];
        } else if (
          message.includes('Restore the backup from before') ||
          (hint.includes('ut the backup from before') && !hint.includes('resume'))
        ) {
          await emptied();
          await call(['baseline', '0']);
          words = [];
        }
        outcome = await attempt(words, version);
        tell(words, outcome);
      }
      expect(await content()).toEqual(wanted[script]);
      const [row] = await hand.admin.rows(
        `SELECT state, in_flight AS flying FROM app.schema_versions WHERE version = ${version}`,
      );
      expect(row).toEqual({ state: 'applied', flying: null });
    } catch (error) {
      throw new Error(`${String(error)}\n${told.join('\n')}`, { cause: error });
    }
  };

  /** Whether what is said at the end of a run is so; the word that it gives for a statement, if any. */
  const checkTrue = async (
    script: number,
    { code, exitCode, state, hint }: NonNullable<Outcome['error']>,
  ): Promise<string | undefined> => {
    expect(code).toBe('migration-failed');
    const count = kindsOfScripts[script]?.statements.length ?? 0;
    const done = Number(/statements? (?:\d+ to )?(\d+) (?:is|are) committed/.exec(state)?.[1] ?? 0);
    for (let number = 1; number <= done; number += 1)
      expect(await happened(script, number), `statement ${number}`).not.toBe(false);
    const unsure = /Whether statement|may have been applied in part|a part may have stayed/.test(state);
    for (let number = done + 1; number <= count && !unsure; number += 1)
      expect(await happened(script, number), `statement ${number}`).not.toBe(true);
    const unchanged = /Statement (\d+) has changed nothing/.exec(state)?.[1];
    if (unchanged !== undefined) expect(await happened(script, Number(unchanged))).not.toBe(true);
    if (exitCode === 3) expect({ done, unsure }).toEqual({ done: 0, unsure: false });
    else expect(exitCode).toBe(11);
    const said = /what became of statement (\d+) of \S+: `maj migrate (mark-\S+)/.exec(hint);
    return said === null ? undefined : `${said[1] ?? ''} ${said[2] ?? ''}`;
  };

  const mayStrike = (way: Way, point: Point): boolean =>
    !way.ledgerOnly || writeOf(point.text) !== undefined || point.text === 'COMMIT';
  /** Of each kind of write one, for each way another, and some of the statements of scripts, unless all are asked for. */
  const chosen = (way: Way): Point[] => {
    const possible = points.filter((point) => mayStrike(way, point));
    if (all) return possible;
    const turn = ways.indexOf(way);
    const kindOf = ({ text }: Point): string => writeOf(text) ?? 'none';
    return [...new Set(possible.map(kindOf))].flatMap((kind) => {
      const found = possible.filter((point) => kindOf(point) === kind);
      return found.filter((_, index) =>
        kind === 'none' ? index % ways.length === turn : index === turn % found.length,
      );
    });
  };

  const struckWrites = new Set<string>();
  test.each(ways)('where $name goes on to the end', { timeout: 1_800_000 }, async (way) => {
    const left = chosen(way);
    expect(left.length).toBeGreaterThan(0);
    while (left.length > 0) {
      await emptied();
      await call(['baseline', '0']);
      for (const script of kindsOfScripts.keys()) {
        const index = left.findIndex((point) => point.script === script);
        const [point] = index === -1 ? [] : left.splice(index, 1);
        if (point !== undefined) await strikeAt(point, way, struckWrites);
        else if (left.some((other) => other.script > script)) await call([], { to: String(script + 1) });
        else break;
      }
    }
  });

  /** What writes the ledger without running a script, or before it runs one. */
  const writers: readonly {
    readonly name: string;
    readonly prepare: readonly string[];
    readonly run: () => Promise<unknown>;
    readonly writes: readonly LedgerWrite[];
  }[] = [
    {
      name: 'the first migration',
      prepare: [],
      run: () => migrate(context, targetFromConfig(context), oneScript),
      writes: ['create'],
    },
    {
      name: 'a migration over a ledger of the first days',
      prepare: [],
      run: async () => {
        await hand.admin.run('ALTER TABLE app.schema_versions DROP COLUMN note').catch(() => undefined);
        await migrate(context, targetFromConfig(context), oneScript);
      },
      writes: ['add-columns'],
    },
    {
      name: 'a baseline',
      prepare: ['DROP TABLE schema_versions'],
      run: () => call(['baseline', '2']),
      writes: ['create', 'insert', 'commit', 'put-in-place'],
    },
    {
      name: 'an adoption',
      prepare: [
        'RENAME TABLE schema_versions TO schema_versions_adopting',
        'CREATE TABLE schema_migrations (version VARCHAR(128) PRIMARY KEY)',
        "INSERT INTO schema_migrations VALUES ('001'), ('002')",
      ],
      run: () => call(['adopt']),
      writes: ['drop-draft', 'create', 'insert', 'commit', 'put-in-place'],
    },
    {
      name: 'an edited text that is accepted',
      prepare: [
        `INSERT INTO schema_versions VALUES ('001', 'definitions', REPEAT('0', 64), 'applied', 3, 3,
         '${noProgress.hash}', NULL, 7, NULL, NOW(3), NOW(3), 1, 'a test', 'r', NULL)`,
      ],
      run: () =>
        acceptText(
          context,
          targetFromConfig(context),
          [],
          { version: '1', checksum: 'a'.repeat(64) },
          { by: 'a test', because: 'it says the same' },
        ),
      writes: ['add-columns', 'accept'],
    },
    {
      name: 'the end of a doubt',
      prepare: [
        `INSERT INTO schema_versions VALUES ('001', 'definitions', REPEAT('0', 64), 'applying', 3, 0,
         '${noProgress.hash}', NULL, NULL, NULL, NOW(3), NULL, NULL, 'a test', 'r', NULL)`,
      ],
      run: () =>
        settleDoubt(context, {
          target: targetFromConfig(context),
          migrations: migrationsOf({ '001_definitions.sql': '' }),
          sqlMode: undefined,
          evidence: [],
        }),
      writes: ['settle'],
    },
  ];

  test.each(writers)(
    '$name can be called again, whichever write of it fails',
    { timeout: 1_800_000 },
    async (writer) => {
      const prepared = async (): Promise<void> => {
        await emptied();
        await call(['baseline', '0']);
        if (writer.name === 'the first migration') await hand.admin.run('DROP TABLE app.schema_versions');
        for (const sql of writer.prepare) await hand.admin.run(sql);
      };
      const ledger = () =>
        hand.admin.rows('SELECT version, state, statements_done FROM app.schema_versions ORDER BY version');
      await prepared();
      await writer.run();
      const whole = [await ledger(), await content()];
      for (const [index, write] of writer.writes.entries()) {
        for (const [number, way] of ways.entries()) {
          if (!all && way.waits && (index + number) % 3 !== 0) continue;
          await prepared();
          let isStruck = false;
          tap.watch((passing) => {
            if (isStruck || writeOf(passing.text) !== write) return 'pass';
            isStruck = true;
            return way.strike(hand, passing);
          });
          const first = await outcomeOf(writer.run);
          tap.watch(undefined);
          await way.lift?.(hand);
          await settled();
          struckWrites.add(write);
          const story = `${way.name}: ${write}: ${JSON.stringify(first)}`;
          expect(isStruck, story).toBe(true);
          if (first.error !== undefined) {
            expect(first.error.exitCode, story).toBe(3);
            const again = await outcomeOf(writer.run);
            // It had come through, and nobody was told.
            const wasDone = ['baseline-not-empty', 'adopt-not-empty'].includes(again.error?.code ?? '');
            if (!wasDone) expect(again.error, story).toBeUndefined();
          }
          expect([await ledger(), await content()], story).toEqual(whole);
        }
      }
    },
  );

  test('every write of the ledger has been struck', () => {
    expect(ledgerWrites.filter((write) => !struckWrites.has(write))).toEqual([]);
  });
});
