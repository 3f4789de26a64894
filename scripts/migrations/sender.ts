import type { Session } from '../database/session.ts';
import type { Clock } from '../system/clock.ts';
import type { Step } from './flow.ts';

/** What came of a statement. */
interface Sent {
  readonly affectedRows: number;
  readonly warnings: number;
  readonly inTransaction: boolean | undefined;
  readonly seconds: number;
}

/** Sends the statements of one script to the server. */
export interface Sender {
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
export function createSender(
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
