import { refuseOthersRehearsal } from '../backup/find.ts';
import type { Backup, ProvenBackup } from '../backup/list.ts';
import { takeBackup } from '../backup/take.ts';
import { warn, type Context } from '../core/context.ts';
import { reasonOf, MajError } from '../core/errors.ts';
import { targetFromConfig } from '../database/session/target.ts';
import { readMigrations } from '../migrations/folder.ts';
import type { Migration } from '../migrations/migration.ts';
import { planLive } from '../migrations/read-plan.ts';
import { checkCopySpace } from '../restore/copy-space.ts';
import { proveBackup } from '../restore/prove.ts';
import { findServerPrograms } from '../server/programs.ts';
import { likenessFor } from '../server/server-options.ts';
import { withThrowaway, type Throwaway } from '../server/throwaway.ts';
import { dryRun, type DryRunResult } from './dry-run.ts';
import { warnOfFewerRows } from './fewer-rows.ts';
import { rehearsedDatabase } from './find-receipt.ts';
import { hasBinaryLog } from './production-settings.ts';
import { readReceipts, type Receipt, type RehearsedDatabase } from './receipt.ts';
import { checkSigningKey, keepReceipt } from './sign-receipt.ts';

/** A rehearsal that passed. */
export interface Rehearsal {
  readonly receipt: Receipt;
  readonly backup: Backup;
  readonly dryRun: DryRunResult;
}

/**
 * Rehearses an upgrade's database part: the backup is restored into a throwaway server and proven equal, and the
 * pending migrations run there. What came of it is kept as a receipt, also when it failed.
 *
 * @param folder the folder of the migration scripts
 * @param given the backup to rehearse on; a new one is taken when there is none
 * @throws MajError `rehearsed-on-another` for a backup of another database: the receipt would speak of this one; what
 *   `checkSigningKey` throws
 */
export async function rehearse(context: Context, folder: string, given?: Backup): Promise<Rehearsal> {
  await checkSigningKey(context);
  const database = await rehearsedDatabase(context);
  if (given !== undefined) refuseOthersRehearsal(given, database);
  const scripts = await readMigrations(folder, context.config);
  // Told before the hours that a backup and its proof may take; on a backup that is given, by the dry run.
  if (given === undefined) await planLive(context, scripts, { refuseReaching: true, refuseUnknown: true });
  const times = stopwatch(context);
  const backup = given ?? (await takeBackup(context));
  times.lap('backup');
  const { server } = backup.manifest.database;
  const programs = await findServerPrograms(context, context.config.REHEARSAL_SERVER, server.flavour);
  await checkCopySpace(context);
  const work = async (throwaway: Throwaway): Promise<Rehearsal> => {
    if (throwaway.server.text !== server.text) {
      warn(context, 'server-differs', { live: server.text, rehearsed: throwaway.server.text });
    }
    const proof = await proveBackup(context, backup, throwaway);
    times.lap('proof');
    const draft = (outcome: Outcome): Omit<Receipt, 'number'> => {
      times.lap('migrations');
      return receiptOf(context, {
        database,
        backup: { ...backup, proof },
        scripts,
        rehearsedOn: throwaway.server.version,
        outcome,
        durationMs: times.laps,
      });
    };
    try {
      const result = await dryRun(context, { throwaway, manifest: backup.manifest, migrations: scripts });
      const receipt = await keepReceipt(context, draft({ passed: true, result }));
      warnOfFewerRows(context, receipt, await readReceipts(context));
      return { receipt, backup: { ...backup, proof }, dryRun: result };
    } catch (error) {
      // An interruption says nothing of the migrations; every other failure closes the gate.
      if (!context.signal.aborted) await keepReceipt(context, draft({ passed: false, error }));
      throw error;
    }
  };
  const likeness = {
    ...likenessFor(backup.manifest.database),
    countsRefusals: true,
    binaryLog: await liveHasBinaryLog(context),
  };
  return withThrowaway(context, programs, work, likeness);
}

/** Where nobody can be asked, the dry run says that the copy is not like the live server. */
async function liveHasBinaryLog(context: Context): Promise<boolean> {
  try {
    return await hasBinaryLog(context, targetFromConfig(context));
  } catch (error) {
    if (!(error instanceof MajError)) throw error;
    return false;
  }
}

type Outcome =
  | { readonly passed: true; readonly result: DryRunResult }
  | { readonly passed: false; readonly error: unknown };

function receiptOf(
  context: Context,
  facts: {
    readonly database: RehearsedDatabase;
    readonly backup: ProvenBackup;
    readonly scripts: readonly Migration[];
    readonly rehearsedOn: string;
    readonly outcome: Outcome;
    readonly durationMs: Receipt['durationMs'];
  },
): Omit<Receipt, 'number'> {
  const { backup, database, outcome } = facts;
  const { server } = backup.manifest.database;
  const now = context.clock.now();
  return {
    format: 1,
    id: `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${backup.manifest.dumpSha256.slice(0, 8)}`,
    createdAt: now.toISOString(),
    result: outcome.passed ? 'passed' : 'failed',
    failure: outcome.passed ? null : failureText(outcome.error),
    backup: backup.id,
    backupCreatedAt: backup.manifest.createdAt,
    backupProvenAt: backup.proof.provenAt,
    dumpSha256: backup.manifest.dumpSha256,
    dumpBytes: backup.manifest.dumpBytes,
    database,
    server: { flavour: server.flavour, version: server.version },
    rehearsedOn: facts.rehearsedOn,
    scripts: facts.scripts.map(({ version, name, checksum }) => ({ version, name, checksum })),
    pending: outcome.passed ? outcome.result.migrations.map(({ version }) => version) : [],
    schemaBefore: backup.manifest.database.fingerprint,
    schemaAfter: outcome.passed ? outcome.result.schemaAfter : null,
    evidence: outcome.passed ? [...outcome.result.evidence] : [],
    durationMs: {
      ...facts.durationMs,
      ...(outcome.passed ? { scripts: scriptsMs(outcome.result) } : {}),
    },
  };
}

const scriptsMs = ({ migrations }: DryRunResult): number =>
  Math.round(migrations.reduce((sum, { seconds }) => sum + seconds * 1000, 0));

const failureText = (error: unknown): string =>
  error instanceof MajError ? error.message.split('\n').join(' ') : reasonOf(error);

type Laps = Record<'backup' | 'proof' | 'migrations', number>;

function stopwatch(context: Context): {
  readonly laps: Laps;
  lap(name: keyof Laps): void;
} {
  let since = context.clock.monotonicMs();
  const laps = { backup: 0, proof: 0, migrations: 0 };
  return {
    laps,
    lap: (name) => {
      const now = context.clock.monotonicMs();
      laps[name] = Math.round(now - since);
      since = now;
    },
  };
}
