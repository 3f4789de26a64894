import { unlockAccounts } from './application/accounts.ts';
import { maintenanceState, setMaintenance } from './application/maintenance.ts';
import type { Verb } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { enteredWindow } from './upgrade/journal/state.ts';
import { withLock } from './upgrade/lock.ts';
import { noteUsersWereIn } from './upgrade/recovery/confirm-row-loss.ts';
import { findUnfinished, requireDead, refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** Whoever goes on with an unfinished run, or takes it back, has to know that users were in. */
async function rememberUsers(context: Context): Promise<void> {
  const state = await findUnfinished(context);
  if (state === undefined || !enteredWindow(state) || (await maintenanceState(context)) === 'on') return;
  await noteUsersWereIn(context, requireDead(state));
}

/** `maj maintenance on|off|status`: keeps users out, lets them in again, or tells which it is. */
export const maintenanceVerb: Verb = {
  name: 'maintenance',
  usage: ['maintenance status', 'maintenance on', 'maintenance off'],
  options: {},
  needsSettings: true,
  run: async (context, args) => {
    const [wanted = 'status', ...more] = args.positionals;
    if (more.length > 0 || !['on', 'off', 'status'].includes(wanted))
      throw wrongUsage('bad-usage', { verb: 'maintenance', reason: 'it takes on, off or status' });
    if (wanted === 'on' || wanted === 'off')
      await withLock(context, 'maintenance', async () => {
        // Whoever is let in now writes what the way back would restore over.
        if (wanted === 'off') await refuseUnfinished(context);
        else await rememberUsers(context);
        if (wanted === 'off') await unlockAccounts(context);
        await setMaintenance(context, wanted);
      });
    const state = await maintenanceState(context);
    return { data: { state }, text: ({ results }) => results.application.maintenance({ state }) };
  },
};
