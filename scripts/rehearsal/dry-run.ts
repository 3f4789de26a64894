import type { Manifest } from '../backup/manifest.ts';
import { warn, type Context } from '../core/context.ts';
import { refused, MajError } from '../core/errors.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import { readSchema, type Schema } from '../database/fingerprint.ts';
import { currentUser, isTrustedCreator, lacksOnLive, mayOnLive, readGrantLines } from '../database/grants.ts';
import { parseAccount } from '../database/inventory.ts';
import { withSession, type Session } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { readDonePrefixes } from '../migrations/applied-statements.ts';
import { refuseUnknownHistory } from '../migrations/baseline.ts';
import { checkPending, joinEvidence, type MeasuredStatement } from '../migrations/checks/check.ts';
import type { Finding } from '../migrations/checks/finding.ts';
import { ledgerTable, readLedger } from '../migrations/ledger/ledger.ts';
import type { Migration } from '../migrations/migration.ts';
import { planMigrations, refuseProblems } from '../migrations/plan.ts';
import { confine, isDenied, type LiveAccount } from '../migrations/restricted-accounts.ts';
import { runScripts, serverSqlMode, type MigrationRun } from '../migrations/run/runner.ts';
import type { Throwaway } from '../server/throwaway.ts';
import { readServerSettings, takeServerSettings } from './production-settings.ts';
import { createDryRunWatch, lookWaitSeconds, type Seen } from './watch-dry-run.ts';

/** What the pending migrations did to the copy. */
export interface DryRunResult extends MigrationRun, Seen {
  /** `schemaFingerprint` of the copy before the first and after the last of them. */
  readonly schemaBefore: string;
  readonly schemaAfter: string;
  /** What they changed in it, one unified diff an object. */
  readonly schemaDiff: readonly string[];
  /** What in the scripts somebody should look at, with what was measured of those statements. */
  readonly findings: readonly Finding[];
}

/**
 * Runs the pending migrations on a copy that is already loaded in a throwaway server, exactly as they would run on the
 * live database. Which ones are pending is what the copy's own ledger says: the live one's, as of the backup.
 *
 * @throws MajError `dry-run-failed` (exit code 3) when a script fails; `dry-run-privilege` when the live
 *   account may not do on its database what it does; `dry-run-denied` and `dry-run-outside` when it
 *   tries to reach anything outside of the copy's database, the latter where it hides that; `migrations-refused`, `migration-unfinished`
 *   and `migration-script` as on the live database
 */
export async function dryRun(
  context: Context,
  options: {
    readonly throwaway: Throwaway;
    readonly manifest: Pick<Manifest, 'database'>;
    /** Every script of the folder. */
    readonly migrations: readonly Migration[];
  },
): Promise<DryRunResult> {
  const { throwaway, manifest, migrations } = options;
  const { name } = manifest.database;
  const { sqlMode, live } = await beLikeLive(context, throwaway);
  const { scripts, overseer } = await confine(context, throwaway, name, live);
  return withSession(context, overseer, async (eyes) => {
    await waitNoLonger(eyes);
    const before = await readSchema(eyes, name);
    const ledger = await readLedger(eyes);
    const reading = { sqlMode, flavour: throwaway.server.flavour };
    const plan = planMigrations(migrations, ledger, await readDonePrefixes(migrations, ledger, reading));
    refuseProblems(plan);
    if (plan.pending.length > 0) await refuseUnknownHistory(eyes, name);
    const probing = { database: null, ...(sqlMode === undefined ? {} : { sqlMode }) };
    const { run, seen, denied } = await withSession(
      context,
      overseer,
      async (probe) => {
        await waitNoLonger(probe);
        const watching = createDryRunWatch(context, { eyes, probe, database: name });
        const ran = await runScripts(context, {
          target: scripts,
          migrations: plan.pending,
          sqlMode,
          runId: 'dry-run',
          appliedBy: 'dry-run',
          watch: watching.watch,
        });
        return { run: ran, seen: watching.seen(), denied: await watching.denied() };
      },
      probing,
    );
    const { failure, cause, ...result } = run;
    if (failure !== undefined) {
      const error = failure.reason.kind === 'server' ? failure.reason.error : undefined;
      if (error === undefined || !isDenied(error.errno))
        throw refused(
          'dry-run-failed',
          {
            failure,
            outside: (manifest.database.outside ?? []).map(({ schema }) => schema),
            nothingApplied: ledger.length === 0,
          },
          { cause },
        );
      const lacking = lacksOnLive(live?.grants, name, error);
      if (lacking !== undefined)
        throw refused('dry-run-privilege', { failure, database: name, lacking }, { cause });
      throw refused('dry-run-denied', { failure, onLive: mayOnLive(live?.grants, error.message) }, { cause });
    }
    if (denied !== undefined) {
      const file = plan.pending.find(({ version }) => version === denied.version)?.file ?? denied.version;
      throw refused('dry-run-outside', { file, line: denied.line, statement: denied.number });
    }
    const after = await readSchema(eyes, name);
    const schemas = { schemaBefore: before.fingerprint, schemaAfter: after.fingerprint };
    const found = await checkPending(plan.pending, { ...reading, database: name }, ({ version }) =>
      warningsIn(version, seen),
    );
    const findings = joinEvidence(found, measuredOf(result, seen));
    return { ...result, ...seen, ...schemas, findings, schemaDiff: schemaDiff(before, after, ownTables) };
  });
}

/** Who looks on must not wait for what a script holds. */
const waitNoLonger = async (session: Session): Promise<unknown> =>
  session.run(
    `SET SESSION lock_wait_timeout = ${lookWaitSeconds}, SESSION innodb_lock_wait_timeout = ${lookWaitSeconds}`,
  );

const warningsIn = (version: string, { measured }: Seen): Map<number, readonly number[]> =>
  new Map(measured.filter((one) => one.version === version).map(({ number, warned }) => [number, warned]));

/** Every statement, as the checks take what was measured of it. */
const measuredOf = (run: MigrationRun, { measured }: Seen): MeasuredStatement[] =>
  run.migrations.flatMap(({ version, file, statements }) =>
    statements.each.map(({ number, seconds, rows, warnings }) => {
      const more = measured.find((one) => one.version === version && one.number === number);
      return { file, number, seconds, rows, warnings, algorithm: more?.algorithm };
    }),
  );

/** Made by the first migration ever: no change of the application's. */
const ownTables: ReadonlySet<string> = new Set([`table ${ledgerTable}`]);

/**
 * Makes the server of the copy like the live one in what scripts depend on: one that is less strict, or in another time
 * zone, would prove nothing.
 *
 * @returns the sql_mode that scripts will meet there, and who works there; undefined when nothing tells
 */
async function beLikeLive(
  context: Context,
  throwaway: Throwaway,
): Promise<{ readonly sqlMode: string | undefined; readonly live: LiveAccount | undefined }> {
  const { DB_SQL_MODE } = context.config;
  try {
    const target = targetFromConfig(context);
    const sqlMode = DB_SQL_MODE ?? (await serverSqlMode(context, target));
    const settings = await readServerSettings(context, target);
    const readAccount = async (session: Session): Promise<LiveAccount> => ({
      account: parseAccount(await currentUser(session)),
      grants: await readGrantLines(session),
    });
    const live = await withSession(context, target, readAccount, { database: null });
    const refusedSettings = await withSession(
      context,
      throwaway.target('mysql'),
      async (session) => {
        const refusedOnes = await takeServerSettings(session, settings);
        // The account that stands for the live one has no SUPER on the copy.
        if (isTrustedCreator(live.grants))
          await session.run('SET GLOBAL log_bin_trust_function_creators = ON');
        return refusedOnes;
      },
      { database: null },
    );
    if (refusedSettings.length > 0) warn(context, 'dry-run-settings', { settings: refusedSettings });
    return { sqlMode, live };
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    warn(context, 'dry-run-unlike-live', { sqlMode: DB_SQL_MODE });
    return { sqlMode: DB_SQL_MODE, live: undefined };
  }
}

const labels = { before: 'before', after: 'after' };

/**
 * What changed between two schemas, as unified diffs, one an object, in the order of names: pure.
 *
 * @param ignored objects that are left out, such as `table schema_versions`
 */
function schemaDiff(before: Schema, after: Schema, ignored: ReadonlySet<string> = new Set()): string[] {
  const names = [...new Set([...before.definitions.keys(), ...after.definitions.keys()])].sort();
  return names
    .filter((name) => !ignored.has(name))
    .flatMap((name) => {
      const [was, is] = [before.definitions.get(name) ?? '', after.definitions.get(name) ?? ''];
      return was === is ? [] : [unifiedDiff(name, was, is, labels).join('\n')];
    });
}
