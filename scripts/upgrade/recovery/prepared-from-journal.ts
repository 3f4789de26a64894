import { findBackup } from '../../backup/find.ts';
import type { Context } from '../../core/context.ts';
import { refused } from '../../core/errors.ts';
import { isSameVersion } from '../../core/versions.ts';
import { schemaFingerprint } from '../../database/fingerprint.ts';
import { findOthers } from '../../database/other-connections.ts';
import { withSession } from '../../database/session/session.ts';
import { targetFromConfig } from '../../database/session/target.ts';
import { settleDoubt } from '../../migrations/in-doubt/resolve-in-doubt.ts';
import { planLive } from '../../migrations/read-plan.ts';
import { serverSqlMode } from '../../migrations/run/runner.ts';
import { readReceipts, type Receipt } from '../../rehearsal/receipt.ts';
import type { StagedFacts } from '../../release/types.ts';
import { installedVersion } from '../../release/version.ts';
import { compareWithDatabase } from '../../restore/compare.ts';
import { exists } from '../../system/files.ts';
import { hasFinished, type RunState } from '../journal/state.ts';
import type { PreparedUpgrade } from '../prepare.ts';
import { afterSwitch, refuseUnrehearsedRest } from '../rehearsed-scripts.ts';

/**
 * Everything that the window was opened with, from the journal.
 *
 * @throws MajError `resume-lost` when something of it is not there any more
 */
export async function recallPrepared(context: Context, state: RunState): Promise<PreparedUpgrade> {
  const { prepared } = state;
  const staged = stagedFacts(state);
  const receipt = (await readReceipts(context)).find(({ id }) => id === prepared?.receipt);
  if (prepared === undefined || receipt === undefined)
    throw refused('resume-lost', { what: `the receipt ${prepared?.receipt ?? ''}` });
  return { staged, receipt, logs: prepared.logs, scripts: prepared.scripts };
}

/** What arrives, from the journal. */
export function stagedFacts({ run, to, staged, release }: RunState): StagedFacts {
  if (staged === undefined || release === undefined)
    throw refused('resume-lost', { what: 'the staged tree' });
  return { runId: run, version: to, folder: staged, ...release };
}

/**
 * Makes sure that nobody changed files or schema since the run was cut off, and settles of which statement it is not
 * known whether it was applied. Nothing else is changed.
 *
 * @throws MajError `resume-lost`, `resume-changed`, `scripts-changed`, `rehearsal-differs`; what `settleDoubt` throws
 */
export async function checkResumable(context: Context, state: RunState, receipt: Receipt): Promise<void> {
  await checkFiles(context, state);
  if (state.migrationStarted) await settle(context, state, receipt);
  else if (state.switchPlan === undefined) await checkSchema(context, receipt);
  else await checkRows(context, state);
}

/** Where the switch was not begun, or was done, the installed version tells; in between the moves themselves do. */
export async function checkFiles(context: Context, state: RunState): Promise<void> {
  const installed = await installedVersion(context);
  const isSwitched = hasFinished(state, 'switch');
  if (!isSwitched && state.switchPlan !== undefined) return;
  const expected = isSwitched ? state.to : state.from;
  if (!isSameVersion(installed, expected))
    throw refused('resume-changed', {
      differences: [`the installed version is ${installed ?? 'unknown'}, not ${expected ?? 'unknown'}`],
    });
  if (!isSwitched && (state.staged === undefined || !(await exists(state.staged))))
    throw refused('resume-lost', { what: state.staged ?? 'the staged tree' });
}

async function checkSchema(context: Context, receipt: Receipt): Promise<void> {
  const target = targetFromConfig(context);
  const live = await withSession(context, target, (session) => schemaFingerprint(session, target.database));
  if (live !== receipt.schemaBefore)
    throw refused('rehearsal-differs', { database: target.database, receipt: receipt.id });
}

/** A roll-back would go back to the backup of the window: what was written since would be lost without a word. */
export async function checkRows(context: Context, state: RunState): Promise<void> {
  if (state.backup === undefined) throw refused('resume-lost', { what: 'the backup of the window' });
  const backup = await findBackup(context, state.backup);
  const target = targetFromConfig(context);
  const differences = await compareWithDatabase(context, backup, target);
  if (differences.length > 0)
    throw refused('resume-changed', { differences, others: await findOthers(context, target) });
}

/** As `maj migrate resume` does: by evidence, never by guess. */
async function settle(context: Context, state: RunState, receipt: Receipt): Promise<void> {
  const { prepared } = state;
  if (prepared === undefined) return;
  const target = targetFromConfig(context);
  const migrations = await afterSwitch(context, prepared.scripts, stagedFacts(state).folder, receipt.scripts);
  await settleDoubt(context, {
    target,
    migrations,
    sqlMode: context.config.DB_SQL_MODE ?? (await serverSqlMode(context, target)),
    evidence: receipt.evidence,
  });
  const plan = await planLive(context, migrations);
  await refuseUnrehearsedRest(context, receipt, plan.pending);
}
