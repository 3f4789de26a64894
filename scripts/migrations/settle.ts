import { reasonOf } from '../errors.ts';
import { holdersIn } from '../database/lock-waits.ts';
import { isConnectionLost, sqlErrorOf, type SqlError } from '../database/sql-error.ts';
import type { Known, Surroundings } from './execute.ts';
import type { Script } from './script.ts';
import type { Clock } from '../system/clock.ts';
import { lockWaitTimeout, mayBePartial, type MigrationFailure } from './failure.ts';
import { endConnection } from './end-connection.ts';
import type { Step } from './flow.ts';

/** Why a script stops before its end. */
export type Stop =
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'lock-lost' };

/** What is known once a script has stopped and the ledger says so. */
export type Settled = Pick<MigrationFailure, 'reason' | 'done' | 'outcome'> & {
  readonly step: Step;
  readonly cause: unknown;
};

interface Situation extends Surroundings {
  readonly script: Script;
  readonly step: Step;
  readonly known: Readonly<Known>;
  readonly at: { readonly clock: Clock; readonly ms: number };
}

/** Finds out what a script that stopped has left behind, and writes that into the ledger. */
export async function settle(situation: Situation, stop: Stop): Promise<Settled> {
  const { session, step, known } = situation;
  if (stop.kind !== 'error') {
    await quietly(() => session.run('ROLLBACK'));
    const recorded = await recordFailure(situation, stop.kind, false);
    const outcome = recorded || known.marked === 0 ? 'unchanged' : 'in-doubt';
    return { step, cause: undefined, reason: { kind: stop.kind }, done: known.progress.done, outcome };
  }
  const error = serverError(stop.error);
  const holders = error.errno === lockWaitTimeout ? await quietly(() => holdersOf(situation)) : undefined;
  const reason = { kind: 'server', error, ...(holders === undefined ? {} : { holders }) } as const;
  const facts = { step, cause: stop.error, reason };
  const rollback = isConnectionLost(error) ? undefined : await quietly(() => session.run('ROLLBACK'));
  if (rollback === undefined) await quietly(() => endOrphan(situation));
  const { done, inFlight } = (await quietly(() => situation.entry.committed())) ?? {
    done: known.progress.done,
    inFlight: mayBeMarked(step, known) ? step.statement.number : 0,
  };
  if (rollback === undefined) {
    // What ran in a transaction is undone by the server, unless COMMIT got through, and then the ledger says so. A
    // statement that commits the script's own transaction has committed the mark in it, and may have done its work.
    const inDoubt = inFlight === step.statement.number && done < step.statement.number;
    if (inDoubt) {
      await quietly(() => situation.entry.doubt(textOf(error)));
      return { ...facts, done, outcome: 'in-doubt' };
    }
    const recorded = await recordFailure(situation, textOf(error), false);
    return { ...facts, done, outcome: recorded ? 'unchanged' : 'in-doubt' };
  }
  const flavour = session.server.flavour;
  const partial =
    (rollback.warnings > 0 && step.statement.kind === 'rows') ||
    mayBePartial(step, flavour, situation.script.transactional);
  const recorded = await recordFailure(situation, textOf(error), partial);
  return { ...facts, done, outcome: partial ? 'partial' : recorded ? 'unchanged' : 'in-doubt' };
}

/** Whether the ledger may have the statement as in flight, where it cannot be asked any more. */
const mayBeMarked = (step: Step, known: Readonly<Known>): boolean =>
  known.marked === step.statement.number || step.mark === 'in-transaction';

const holdersOf = ({ lock, session, target }: Situation): Promise<string[]> =>
  holdersIn(lock.keeper, target.database, [session.connectionId]);

/** What a server undoes of an ALTER TABLE may take longer: then `resume` waits for it. */
const mostMsToEnd = 60_000;

/** Ends what the server may still be doing for a connection that is lost to us: nothing changes once we have looked. */
const endOrphan = ({ lock, session, at }: Situation): Promise<boolean> =>
  endConnection(lock.keeper, session.connectionId, at.clock, mostMsToEnd);

/** Whether it could be written down; through the keeper or, when that is gone, the script's own session. */
async function recordFailure(situation: Situation, text: string, keepInFlight: boolean): Promise<boolean> {
  for (const writer of [situation.lock.keeper, situation.session]) {
    const written = await quietly(async () => {
      await situation.entry.fail(writer, text, situation.at.ms, keepInFlight);
      return true;
    });
    if (written === true) return true;
  }
  return false;
}

/** Undefined when it fails: there is an error already, and that is the one to report. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

function serverError(error: unknown): SqlError {
  return (
    sqlErrorOf(error) ?? { code: 'UNKNOWN', errno: undefined, sqlState: undefined, message: reasonOf(error) }
  );
}

const textOf = (error: SqlError): string => `${error.errno ?? error.code} ${error.message}`.slice(0, 4000);
