import { inStep, note, warn, type Context } from '../core/context.ts';
import { currentUser } from '../database/grants.ts';
import { workersIn, type AtWork } from '../database/other-connections.ts';
import { withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';

/** InnoDB keeps what it says of transactions for 0.1 s, so that one look may be at what was before (trx0i_s.cc). */
const pauseMs = 150;

/**
 * Waits until nobody else is at work in the application's database, MAINTENANCE_DRAIN at most: maintenance keeps new
 * requests out, those that had begun before are still being answered. It has to be quiet twice in a row, for between two
 * statements a request is not seen. Who remains is named in a warning; the upgrade goes
 * on, for a report that somebody has left open must not hinder it. Ends early when the user asks to stop.
 *
 * @returns who remains
 */
export async function drainConnections(context: Context): Promise<readonly AtWork[]> {
  const target = targetFromConfig(context);
  const { database } = target;
  const limitMs = context.config.MAINTENANCE_DRAIN;
  return inStep(context, 'drain-connections', { database }, () =>
    withSession(context, target, async (session) => {
      const began = context.clock.monotonicMs();
      let quiet = 0;
      for (let first = true; ; first = false) {
        const { connections, whole } = await workersIn(session, database);
        if (first && !whole) note(context, 'drain-blind', { account: await currentUser(session) });
        quiet = connections.length === 0 ? quiet + 1 : 0;
        if (quiet === 2) return [];
        const waitedMs = context.clock.monotonicMs() - began;
        if (connections.length > 0 && (waitedMs >= limitMs || context.signal.aborted)) {
          warn(context, 'not-drained', { database, waitedMs, connections });
          return connections;
        }
        await context.clock.sleep(pauseMs);
      }
    }),
  );
}
