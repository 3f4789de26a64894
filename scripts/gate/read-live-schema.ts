import type { Context } from '../core/context.ts';
import { MajError } from '../core/errors.ts';
import { readSchema } from '../database/fingerprint.ts';
import { readServerIdentity } from '../database/identity.ts';
import { sqlErrorOf, withSession } from '../database/session/session.ts';
import { targetFromConfig } from '../database/session/target.ts';
import type { LiveState } from './compare-live.ts';

/** A push is not to wait for a server that hangs. */
const connectMs = 400;
const mostMs = 800;

/** Asks the live database, which has to answer at once. */
export async function readLive(context: Context): Promise<LiveState> {
  try {
    const target = targetFromConfig(context);
    return await withSession(
      context,
      target,
      async (session) => {
        const timer = setTimeout(() => session.destroy(), mostMs);
        try {
          const server = await readServerIdentity(session);
          return { known: true as const, server, schema: await readSchema(session, target.database) };
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
