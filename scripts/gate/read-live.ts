import type { Context } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { readSchema } from '../database/fingerprint.ts';
import { readServerIdentity } from '../database/identity.ts';
import { sqlErrorOf, withSession, type Session } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import type { LedgerRow } from '../migrations/ledger/columns.ts';
import { readLedger } from '../migrations/ledger/ledger.ts';
import type { LiveState } from './compare-live.ts';

/** A push is not to wait for a server that hangs. */
const connectMs = 400;
const mostMs = 800;

/** Asks the live database for its structure; it has to answer at once. */
export const readLive = (context: Context): Promise<LiveState> =>
  askLive(context, async (session, database) => ({ schema: await readSchema(session, database) }));

/** Asks it in the same way for what was applied there. */
export const readLiveLedger = (
  context: Context,
): Promise<LiveAnswer<{ readonly ledger: readonly LedgerRow[] }>> =>
  askLive(context, async (session) => ({ ledger: await readLedger(session) }));

type LiveAnswer<T> =
  ({ readonly known: true; readonly server: string } & T) | { readonly known: false; readonly why: string };

async function askLive<T>(
  context: Context,
  ask: (session: Session, database: string) => Promise<T>,
): Promise<LiveAnswer<T>> {
  try {
    const target = targetFromConfig(context);
    return await withSession(
      context,
      target,
      async (session) => {
        const timer = setTimeout(() => session.destroy(), mostMs);
        try {
          const server = await readServerIdentity(session);
          return { known: true as const, server, ...(await ask(session, target.database)) };
        } finally {
          clearTimeout(timer);
        }
      },
      { connectMs },
    );
  } catch (error) {
    if (error instanceof MajError) return { known: false, why: error.message };
    // Such as an account that may not see a view, or a table that is dropped meanwhile.
    const refused = sqlErrorOf(error);
    if (refused !== undefined) return { known: false, why: refused.message };
    throw error;
  }
}
