import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Context } from '../../core/context.ts';
import type { Session } from '../../database/session/session.ts';
import { noProgress, progressAfter, type StatementProgress } from '../../sql/statement.ts';
import { isIdleUpdate } from '../after-each.ts';
import type { Phase } from '../state-after-failure.ts';
import type { Script } from './script.ts';
import { createStatementRuns, type StatementRuns } from './statement-run.ts';
import {
  settle,
  type RunSurroundings,
  type ScriptProgress,
  type Stop,
  type StoppedScript,
} from './stop-script.ts';
import type { Step } from './transaction-plan.ts';

/** How a script ended. */
export interface Execution {
  readonly statements: StatementRuns;
  readonly seconds: number;
  /** MIGRATIONS_AFTER_EACH was to change rows, and found none. */
  readonly isAfterIdle: boolean;
  /** Undefined when it was applied. */
  readonly stopped?: StoppedScript;
}

/** Within a transaction of ours, the lock is asked for this often. */
const askLockEveryMs = 100;

/** Runs one script, writing the ledger as it goes. */
export async function executeScript(
  context: Pick<Context, 'signal' | 'clock'>,
  script: Script,
  surroundings: RunSurroundings,
): Promise<Execution> {
  const { entry, lock, session, fresh, watch } = surroundings;
  const { clock } = context;
  const started = clock.monotonicMs();
  const seconds = (since = started): number => (clock.monotonicMs() - since) / 1000;
  const runs = createStatementRuns();
  const batch = createTransactionBatch();
  const known: ScriptProgress = {
    progress: noProgress,
    marked: undefined,
    begun: false,
    batch: 'none',
    finished: false,
  };
  /** Including what is not committed yet. */
  let reached = noProgress;
  let phase: Phase = 'before';
  let askedLock = -Infinity;
  let isAfterIdle = false;
  /** Its connection has just answered: as long as that lives, the lock is held. */
  let lockKnown = false;

  const record = async (
    writer: Session,
    progress: StatementProgress,
    next: Step | undefined,
  ): Promise<void> => {
    if (progress.done === script.statements) {
      await entry.finish(writer, progress, seconds() * 1000);
      known.finished = true;
      return;
    }
    // One write says both that this statement is done and that the next one is about to run.
    const inFlight = next?.mark === 'committed' ? next.statement : undefined;
    await entry.checkpoint(writer, progress, inFlight);
    known.marked = inFlight;
  };
  const begin = async (step: Step): Promise<void> => {
    const inFlight = step.mark === 'committed' ? step.statement : undefined;
    const begun = entry.begin(session.connectionId, known.progress, inFlight).then(() => {
      known.begun = true;
      known.marked = inFlight;
    });
    // Both have come to an end before anything is judged.
    await Promise.allSettled([fresh, begun]);
    await Promise.all([begun, fresh]);
    // The connection that wrote this holds the lock.
    lockKnown = true;
  };
  const commitBatch = async (next: Step | undefined): Promise<void> => {
    await record(session, reached, next);
    known.batch = 'committing';
    await entry.commit(session);
    batch.end();
    known.batch = 'none';
    known.progress = reached;
  };
  const askedLately = (): boolean => clock.monotonicMs() - askedLock < askLockEveryMs;
  // Nothing but a statement of the same transaction: what stands between it and its checkpoint is the COMMIT.
  const sender = createSender(
    session,
    clock,
    (next) =>
      watch === undefined &&
      batch.isOpen &&
      !batch.isFull(next, clock.monotonicMs()) &&
      !context.signal.aborted &&
      askedLately(),
  );
  /** Whether a transaction is open after it, where the server tells. */
  const run = async (step: Step, next: Step | undefined): Promise<boolean | undefined> => {
    await watch?.before(step, session);
    phase = 'statement';
    const { affectedRows, warnings, inTransaction, seconds: taken } = await sender.run(step, next);
    const { number, line, hash, kind } = step.statement;
    const done = { number, line, hash, kind, seconds: taken, rows: affectedRows, warnings };
    runs.add(done);
    isAfterIdle ||= isIdleUpdate(step.statement, affectedRows);
    await watch?.after(script.migration.version, step, done, session);
    return inTransaction;
  };
  const perform = async (step: Step, next: Step | undefined): Promise<void> => {
    const { number } = step.statement;
    const writer = step.elsewhere ? lock.keeper : session;
    const before = reached;
    const after = progressAfter(before, step.statement);
    if (step.mark === 'committed' && known.marked?.number !== number) {
      await entry.mark(writer, known.progress, step.statement);
      known.marked = step.statement;
    }
    if (step.mark === 'in-transaction') {
      const inFlight =
        step.statement.kind === 'begin' || step.statement.kind === 'lock' ? undefined : step.statement;
      await entry.mark(session, before, inFlight);
      known.marked = inFlight;
    }
    if (step.wrapped && !batch.isOpen) {
      await session.run('START TRANSACTION');
      batch.begin(clock.monotonicMs());
      known.batch = 'open';
    }
    if (step.checkpoint === 'before') await record(session, after, next);
    if (step.wrapped) batch.add(step);
    const inTransaction = await run(step, next);
    reached = after;
    phase = 'after';
    if (step.wrapped) {
      // One that was sent already is in this transaction: its checkpoint has to be as well.
      if (sender.ahead === undefined && batch.isFull(next, clock.monotonicMs())) await commitBatch(next);
      return;
    }
    // Not every statement that is not known to keep a transaction open has ended it.
    if (step.mark === 'in-transaction' && !step.leavesOpen && step.statement.kind === 'alone')
      await session.run('COMMIT');
    if (step.checkpoint === 'after') await record(writer, after, next);
    if (step.statement.kind === 'call') await closeTransaction(step, after, inTransaction);
    // A second BEGIN has committed what came before it.
    if (step.mark === 'in-transaction' && step.statement.kind === 'begin') known.progress = before;
    if (!step.leavesOpen) known.progress = after;
  };
  /** Code that was called may have left a transaction open, or have ended the script's own. */
  const closeTransaction = async (
    step: Step,
    after: StatementProgress,
    inTransaction: boolean | undefined,
  ): Promise<void> => {
    // The next statement on rows would commit it in any case, with its record; until then that would not count.
    if (!step.leavesOpen && inTransaction === true) await entry.commit(session);
    if (!step.leavesOpen || !step.isInAutocommit || inTransaction !== false) return;
    // What follows would commit by itself, and be recorded by nothing.
    await entry.checkpoint(step.mark === 'committed' ? lock.keeper : session, after, undefined);
    known.marked = undefined;
    known.progress = after;
    await session.run('START TRANSACTION');
  };
  /** Why this statement must not begin. */
  const obstacle = async (): Promise<Stop | undefined> => {
    if (context.signal.aborted) return { kind: 'interrupted' };
    const isFresh = lockKnown || (batch.isOpen && askedLately());
    lockKnown = false;
    if (isFresh) return undefined;
    askedLock = clock.monotonicMs();
    return (await lock.isHeld()) ? undefined : { kind: 'lock-lost' };
  };
  const stoppedAt = async (step: Step | undefined, stop: Stop): Promise<Execution> => {
    const at = { clock, ms: seconds() * 1000 };
    const stopped = await settle({ ...surroundings, script, step, known, reached, at }, stop);
    return { statements: runs.all(), seconds: seconds(), isAfterIdle, stopped };
  };

  let last: Step | undefined;
  for await (const { item: step, next } of withNext(script.steps())) {
    try {
      if (step.statement.number <= script.migration.done) {
        await fresh;
        if (isReplayed(step)) await session.run(step.statement.text);
        reached = progressAfter(reached, step.statement);
        known.progress = reached;
        continue;
      }
      phase = 'before';
      if (!known.begun) await begin(step);
      const stop = sender.ahead === step ? undefined : await obstacle();
      if (stop !== undefined) {
        // What has run is as it should be: it stays.
        if (batch.isOpen) await commitBatch(undefined);
        return await stoppedAt(step, stop);
      }
      last = step;
      await perform(step, next);
    } catch (error) {
      return batch.isOpen && last !== step
        ? await stoppedAt(last, { kind: 'error', error, phase: 'after' })
        : await stoppedAt(step, { kind: 'error', error, phase });
    }
  }
  try {
    phase = 'before';
    await fresh;
    if (!known.begun) await entry.begin(session.connectionId, known.progress, undefined);
    known.begun = true;
    phase = 'after';
    // The last statements may have left nothing to record by themselves (SET), or there may be none at all.
    if (!known.finished) await entry.finish(lock.keeper, reached, seconds() * 1000);
  } catch (error) {
    return await stoppedAt(last, { kind: 'error', error, phase });
  }
  return { statements: runs.all(), seconds: seconds(), isAfterIdle };
}

/**
 * Each item together with the one that follows it. The one after those is read meanwhile: while the server works on one
 * statement, we cut out and hash another.
 */
async function* withNext<T>(items: AsyncGenerator<T>): AsyncGenerator<{ item: T; next: T | undefined }> {
  try {
    let current = await items.next();
    let next = current.done === true ? current : await items.next();
    while (current.done !== true) {
      const following = next.done === true ? undefined : soon(() => items.next());
      // What goes wrong there is thrown below, unless this one ends it all.
      following?.catch(() => undefined);
      yield { item: current.value, next: next.done === true ? undefined : next.value };
      current = next;
      if (following !== undefined) next = await following;
    }
  } finally {
    await items.return(undefined);
  }
}

/** Begins a piece of work once what is being done now has sent off its statement. */
async function soon<T>(work: () => Promise<T>): Promise<T> {
  await setImmediate();
  return work();
}

/** Whether a statement that is done must be run again for those after it, in the new session. */
const isReplayed = (step: Step): boolean =>
  step.statement.kind.startsWith('autocommit-') ||
  (step.statement.kind === 'session' && /^\s*(?:\/\*M?!\d*\s*)?set\b/i.test(step.statement.text));

/**
 * How many statements on rows commit together with one checkpoint: a commit for each would cost more than the
 * statement does. Few enough that little is undone when one of them fails.
 */
const most = { statements: 500, characters: 8 * 1024 * 1024, milliseconds: 1000 };

/** The transaction of ours that is open, with what is in it. */
interface Batch {
  readonly isOpen: boolean;
  begin(nowMs: number): void;
  add(step: Step): void;
  end(): void;
  /** Whether it is to be committed before the next statement. */
  isFull(next: Step | undefined, nowMs: number): boolean;
}

/** No transaction is open. */
export function createTransactionBatch(): Batch {
  let open: { statements: number; characters: number; readonly since: number } | undefined;
  return {
    get isOpen() {
      return open !== undefined;
    },
    begin: (nowMs) => {
      open = { statements: 0, characters: 0, since: nowMs };
    },
    add: (step) => {
      if (open === undefined) throw new Error('no transaction is open');
      open.statements += 1;
      open.characters += step.statement.text.length;
    },
    end: () => {
      open = undefined;
    },
    isFull: (next, nowMs) =>
      open !== undefined &&
      // What is recorded before it runs would be recorded in the transaction, and be lost with it.
      (next?.wrapped !== true ||
        next.mark !== 'none' ||
        open.statements >= most.statements ||
        open.characters + next.statement.text.length > most.characters ||
        nowMs - open.since >= most.milliseconds),
  };
}

/** What came of a statement. */
interface Sent {
  readonly affectedRows: number;
  readonly warnings: number;
  readonly inTransaction: boolean | undefined;
  readonly seconds: number;
}

/** Sends the statements of one script to the server. */
interface Sender {
  /**
   * Runs a statement, or waits for it where it was sent already.
   *
   * @param next the one that follows it in the script
   */
  run(step: Step, next: Step | undefined): Promise<Sent>;
  /** The statement that was sent before `run` was called for it; undefined when there is none. */
  readonly ahead: Step | undefined;
}

interface Sending {
  readonly step: Step;
  readonly outcome: Promise<Sent>;
}

/**
 * Sends one statement after the other. Where the next one may follow, it is sent at the moment in which the one before it
 * has ended well, and not when we have got round to it: a seed of statements of one row waits for us otherwise, more than
 * we for the server. After one that failed nothing is sent.
 *
 * @param mayFollow whether the next statement may run whatever is still to be done for the one before it
 */
function createSender(
  session: Pick<Session, 'run'>,
  clock: Pick<Clock, 'monotonicMs'>,
  mayFollow: (next: Step) => boolean,
): Sender {
  let ahead: Sending | undefined;
  let upcoming: Step | undefined;

  const send = (step: Step): Sending => {
    const since = clock.monotonicMs();
    let seconds = 0;
    const sent = session.run(step.statement.text, () => {
      seconds = (clock.monotonicMs() - since) / 1000;
      // Where this one was sent ahead and is done before `run` was called for it, what follows is not known yet.
      const next = upcoming?.statement.number === step.statement.number + 1 ? upcoming : undefined;
      if (next !== undefined && mayFollow(next)) ahead = send(next);
    });
    const outcome = sent.then((done) => ({ ...done, seconds }));
    // Awaited by the next `run`; until then its failure is nobody's.
    outcome.catch(() => undefined);
    return { step, outcome };
  };

  return {
    get ahead() {
      return ahead?.step;
    },
    run: (step, next) => {
      const sending = ahead?.step === step ? ahead : send(step);
      if (sending === ahead) ahead = undefined;
      upcoming = next;
      return sending.outcome;
    },
  };
}
