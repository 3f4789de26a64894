import type { Clock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import { holdersIn } from '../../database/other-connections.ts';
import type { Session } from '../../database/session/session.ts';
import { isConnectionLost, sqlErrorOf, type SqlError } from '../../database/session/sql-error.ts';
import type { Target } from '../../database/session/target.ts';
import type { Statement, StatementProgress } from '../../sql/statement.ts';
import { endConnection } from '../in-doubt/orphan.ts';
import { type LedgerEntry, LedgerWriteError } from '../ledger/ledger-write.ts';
import { whatIsLeft, type LeftBehind, type Phase } from '../state-after-failure.ts';
import { deadlock, lockWaitTimeout, mayBePartial, type MigrationFailure } from './failure.ts';
import type { MigrationLock } from './lock.ts';
import type { Script } from './script.ts';
import type { StatementRun } from './statement-run.ts';
import type { Step } from './transaction-plan.ts';

/** What a script is run with. */
export interface RunSurroundings {
  readonly target: Target;
  readonly session: Session;
  /** From when on the session is as if it were new. */
  readonly fresh: Promise<void>;
  readonly lock: MigrationLock;
  readonly entry: LedgerEntry;
  readonly watch?: Watch | undefined;
}

/** Looks on while the statements run, in a dry run. */
export interface Watch {
  before(step: Step, session: Session): Promise<void>;
  after(version: string, step: Step, run: StatementRun, session: Session): Promise<void>;
}

/** How far a script is: what is done for good, and what the ledger was told. */
export interface ScriptProgress {
  progress: StatementProgress;
  /** What is in flight; undefined: nothing. */
  marked: Statement | undefined;
  /** The row is there. */
  begun: boolean;
  /** Whether a transaction of ours is open, and whether its COMMIT was sent. */
  batch: 'none' | 'open' | 'committing';
  /** The row says `applied`. */
  finished: boolean;
}

/** Why a script stops before its end. */
export type Stop =
  | { readonly kind: 'error'; readonly error: unknown; readonly phase: Phase }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'lock-lost' };

/** What is known once a script has stopped and, if that was possible, the ledger says so. */
export type StoppedScript = Pick<MigrationFailure, 'reason' | 'done' | 'outcome' | 'doubt' | 'recorded'> & {
  /** Undefined for a script without statements. */
  readonly step: Step | undefined;
  readonly cause: unknown;
};

interface Situation extends RunSurroundings {
  readonly script: Script;
  readonly step: Step | undefined;
  readonly known: Readonly<ScriptProgress>;
  /** How far it is, with what is not committed yet. */
  readonly reached: StatementProgress;
  readonly at: { readonly clock: Clock; readonly ms: number };
}

/** Finds out what a script that stopped has left behind, and writes that into the ledger. */
export async function settle(situation: Situation, stop: Stop): Promise<StoppedScript> {
  const { session, step, known, entry, script } = situation;
  const phase = stop.kind === 'error' ? stop.phase : 'before';
  const standsAlone = phase === 'after' && known.batch === 'none';
  // Code that was called may have left a transaction open: of what has run well, nothing is taken back.
  const answer = await quietly(() => session.run(standsAlone ? 'COMMIT' : 'ROLLBACK'));
  const writer = await findWriter(situation, answer !== undefined);
  const ended = answer !== undefined || (writer !== undefined && (await endOrphan(situation, writer)));
  const ledger = ended && writer !== undefined ? await quietly(() => entry.committed(writer)) : undefined;
  const { flavour } = session.server;
  const left = whatIsLeft({
    ...known,
    phase,
    step,
    done: known.progress.done,
    answer,
    endedByServer: stop.kind === 'error' && errorOf(stop).errno === deadlock,
    ledger,
    mayBePartial: step !== undefined && mayBePartial(step, flavour, script.transactional),
  });
  const reason = await reasonFor(situation, stop, writer);
  const cause = stop.kind === 'error' ? stop.error : undefined;
  const text = reason.kind === 'server' ? textOf(reason.error) : reason.kind;
  // It was refused: there is nothing of this run in the ledger.
  const isUnheard = !known.begun && reason.kind === 'server' && !isConnectionLost(reason.error);
  const written =
    writer !== undefined &&
    (await quietly(() => recordStop(situation, writer, text, left, { ended, standsAlone })));
  const recorded = isUnheard || (written === true && ended);
  return { step, cause, reason, ...left, recorded };
}

/** A connection that can still write: the keeper's or, when that is gone, the script's own. */
async function findWriter(
  { lock: { keeper }, session, at }: Situation,
  isAlive: boolean,
): Promise<Session | undefined> {
  if ((await quietly(() => keeper.rows('SELECT 1'))) !== undefined) return keeper;
  if (!isAlive) return undefined;
  return quietly(async () => {
    // What it had sent last must not be done after what is written now.
    if (!(await endConnection(session, keeper.connectionId, at.clock, mostMsToEnd)))
      throw new Error('it is still there');
    // Under LOCK TABLES the ledger is out of reach (error 1100).
    await session.run('UNLOCK TABLES');
    return session;
  });
}

/** What a server undoes of an ALTER TABLE may take longer: then `resume` waits for it. */
const mostMsToEnd = 60_000;

/** Ends what the server may still be doing for a connection that is lost to us: nothing changes once we have looked. */
const endOrphan = async ({ session, at }: Situation, writer: Session): Promise<boolean> =>
  (await quietly(() => endConnection(writer, session.connectionId, at.clock, mostMsToEnd))) === true;

/** Writes down why it stopped, and what is left; it is all that is known now. */
async function recordStop(
  { entry, session, step, reached, script, at }: Situation,
  writer: Session,
  text: string,
  { outcome, doubt }: LeftBehind,
  { ended, standsAlone }: { readonly ended: boolean; readonly standsAlone: boolean },
): Promise<true> {
  const isMoreThanLedger = standsAlone && outcome === 'applied';
  if (!ended || outcome === 'in-doubt') await entry.doubt(writer, text);
  else if (isMoreThanLedger && reached.done === script.statements) await entry.finish(writer, reached, at.ms);
  else
    await entry.fail(writer, text, at.ms, {
      ...(isMoreThanLedger ? { progress: reached } : {}),
      ...(doubt === undefined
        ? { inFlight: null }
        : doubt === step?.statement.number
          ? { inFlight: step.statement }
          : {}),
    });
  // A script may have switched autocommit off.
  if (writer === session) await session.run('COMMIT');
  return true;
}

async function reasonFor(
  { lock, session, target }: Situation,
  stop: Stop,
  writer: Session | undefined,
): Promise<StoppedScript['reason']> {
  if (stop.kind !== 'error') return { kind: stop.kind };
  const write = stop.error instanceof LedgerWriteError ? stop.error.write : undefined;
  const error = errorOf(stop);
  const ours = [session.connectionId, lock.keeper.connectionId];
  const holders =
    error.errno === lockWaitTimeout && writer !== undefined
      ? await quietly(() => holdersIn(writer, target.database, ours))
      : undefined;
  return {
    kind: 'server',
    error,
    phase: stop.phase,
    ...(write === undefined ? {} : { write }),
    ...(holders === undefined ? {} : { holders }),
  };
}

/** Undefined when it fails: there is an error already, and that is the one to report. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

function errorOf({ error }: Extract<Stop, { kind: 'error' }>): SqlError {
  const cause = error instanceof LedgerWriteError ? error.cause : error;
  return (
    sqlErrorOf(cause) ?? { code: 'UNKNOWN', errno: undefined, sqlState: undefined, message: reasonOf(cause) }
  );
}

const textOf = (error: SqlError): string => `${error.errno ?? error.code} ${error.message}`.slice(0, 4000);
