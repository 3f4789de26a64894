import type { Context } from '../context.ts';
import { connect, type Session } from '../database/session.ts';
import type { Target } from '../database/target.ts';
import type { Step } from './flow.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import type { MigrationLock } from './lock.ts';
import type { PendingMigration } from './plan.ts';
import { settle, type Settled, type Stop } from './settle.ts';

/** What one statement did. */
export interface StatementRun {
  readonly number: number;
  readonly line: number;
  readonly hash: string;
  readonly seconds: number;
  /** Rows changed, as the server counts them. */
  readonly rows: number;
  readonly warnings: number;
}

/** One script, ready to run. */
export interface Script {
  readonly migration: PendingMigration;
  readonly steps: readonly Step[];
  /** All tables that it may meet take part in transactions. */
  readonly transactional: boolean;
}

/** What a script is run with. */
export interface Surroundings {
  readonly target: Target;
  readonly sqlMode: string;
  readonly lock: MigrationLock;
  readonly entry: LedgerEntry;
}

/** How a script ended. */
export interface Execution {
  readonly statements: readonly StatementRun[];
  readonly seconds: number;
  /** Undefined when it was applied. */
  readonly stopped?: Settled;
}

/**
 * Seconds that a statement waits for other sessions to let go of a table. The servers' own default is a day or a year,
 * and everyone else then waits behind it.
 */
const lockWaitSeconds = 20;

/** Runs one script in a session of its own, writing the ledger as it goes. */
export async function executeScript(
  context: Pick<Context, 'signal' | 'clock'>,
  script: Script,
  surroundings: Surroundings,
): Promise<Execution> {
  const { entry, lock, target, sqlMode } = surroundings;
  const started = context.clock.monotonicMs();
  const seconds = (since = started): number => (context.clock.monotonicMs() - since) / 1000;
  const session = await connect(context, target, { sqlMode });
  const statements: StatementRun[] = [];
  const all = script.steps.length;
  /** Statements that are done for good; the number of the one that the ledger has as in flight; the row is final. */
  const known = { done: script.migration.done, marked: 0, finished: false };
  const record = async (writer: Session, done: number, next: Step | undefined): Promise<void> => {
    if (done === all) {
      await entry.finish(writer, context.clock.now(), seconds() * 1000);
      known.finished = true;
      return;
    }
    // One write says both that this statement is done and that the next one is about to run.
    const inFlight = next?.mark === 'committed' ? next.statement : undefined;
    await entry.checkpoint(writer, done, inFlight);
    known.marked = inFlight?.number ?? 0;
  };
  const run = async (step: Step): Promise<void> => {
    const since = context.clock.monotonicMs();
    const { affectedRows, warnings } = await session.run(step.statement.text);
    const { number, line, hash } = step.statement;
    statements.push({ number, line, hash, seconds: seconds(since), rows: affectedRows, warnings });
  };
  const perform = async (step: Step): Promise<void> => {
    const { number } = step.statement;
    const next = script.steps[number];
    const writer = step.elsewhere ? lock.keeper : session;
    if (step.mark === 'committed' && known.marked !== number) {
      await entry.checkpoint(writer, known.done, step.statement);
      known.marked = number;
    }
    if (step.mark === 'in-transaction')
      await entry.checkpoint(session, number - 1, step.checkpoint === 'after' ? step.statement : undefined);
    if (step.wrapped) await session.run('START TRANSACTION');
    if (step.checkpoint === 'before') await record(session, number, next);
    await run(step);
    if (step.checkpoint === 'wrapped') {
      await record(session, number, next);
      await session.run('COMMIT');
    }
    // Not every statement that is not known to keep a transaction open has ended it.
    if (step.mark === 'in-transaction' && !step.leavesOpen && step.statement.kind === 'alone')
      await session.run('COMMIT');
    if (step.checkpoint === 'after') await record(writer, number, next);
    if (!step.leavesOpen) known.done = number;
  };
  const stoppedAt = async (step: Step, stop: Stop): Promise<Execution> => ({
    statements,
    seconds: seconds(),
    stopped: await settle(
      {
        ...surroundings,
        session,
        script,
        step,
        known,
        clock: context.clock,
        at: context.clock.now(),
        ms: seconds() * 1000,
      },
      stop,
    ),
  });
  try {
    await session.run(`SET SESSION lock_wait_timeout = ${lockWaitSeconds}`);
    await entry.begin(session.connectionId, known.done, context.clock.now());
    for (const step of script.steps.slice(0, known.done))
      if (isReplayed(step)) await session.run(step.statement.text);
    for (const step of script.steps.slice(known.done)) {
      if (context.signal.aborted) return await stoppedAt(step, { kind: 'interrupted' });
      if (!(await lock.isHeld())) return await stoppedAt(step, { kind: 'lock-lost' });
      try {
        await perform(step);
      } catch (error) {
        return await stoppedAt(step, { kind: 'error', error });
      }
    }
    // The last statements may have left nothing to record by themselves (SET), or there may be none at all.
    if (!known.finished) await entry.finish(lock.keeper, context.clock.now(), seconds() * 1000);
    return { statements, seconds: seconds() };
  } finally {
    await session.close();
  }
}

/** Whether a statement that is done must be run again for those after it, in the new session. */
const isReplayed = (step: Step): boolean =>
  step.statement.kind.startsWith('autocommit-') ||
  (step.statement.kind === 'session' && /^\s*(?:\/\*M?!\d*\s*)?set\b/i.test(step.statement.text));
