import type { Context } from './context.ts';
import { wrongUsage } from './errors.ts';
import type { Allowance } from './release/types.ts';
import { withLock } from './upgrade/lock.ts';
import { planUpgrade } from './upgrade/plan.ts';
import { pruneAfterSuccess } from './upgrade/prune-backups.ts';
import { rollBackUnfinished, upgrade } from './upgrade/upgrade.ts';
import type { Verb, VerbResult } from './verb.ts';

async function showPlan(context: Context, wanted: string, allow: Allowance): Promise<VerbResult> {
  const plan = await planUpgrade(context, wanted, allow);
  return { data: plan, text: ({ results }) => results.upgrade.plan(plan) };
}

async function goBack(context: Context): Promise<VerbResult> {
  const { run, from, to, outcome, backup = null } = await rollBackUnfinished(context);
  const facts = { run, from, to, outcome, backup };
  return { data: facts, text: ({ results }) => results.upgrade.settled(facts) };
}

async function goOn(context: Context, wanted: string, allow: Allowance): Promise<VerbResult> {
  const { backup, plan, ...done } = await upgrade(context, wanted, allow);
  await pruneAfterSuccess(context);
  const facts = { ...done, backup: backup.id, kept: plan.kept };
  return { data: facts, text: ({ results }) => results.upgrade.upgraded(facts) };
}

/** `maj upgrade`: the guide as one command. */
export const upgradeVerb: Verb<'plan' | 'roll-back' | 'reinstall' | 'allow-downgrade'> = {
  name: 'upgrade',
  summary:
    'Upgrades the application: backs up, rehearses, switches the files, migrates, checks, or goes back.',
  usage: ['upgrade VERSION|FILE|COMMIT', 'upgrade VERSION|FILE|COMMIT --plan', 'upgrade --roll-back'],
  options: {
    plan: { type: 'boolean', help: 'Show what would be done, and change nothing.' },
    reinstall: { type: 'boolean', help: 'Also when this version is installed already.' },
    'allow-downgrade': {
      type: 'boolean',
      help: 'Also to an older version, if the database holds no migration that it does not know.',
    },
    'roll-back': { type: 'boolean', help: 'Take back an upgrade that was cut off.' },
  },
  needsSettings: true,
  run(context, { positionals, options }) {
    const [wanted, ...more] = positionals;
    if (options['roll-back'] === true && (positionals.length > 0 || options.plan === true)) {
      throw wrongUsage('bad-usage', { verb: 'upgrade', reason: '--roll-back stands alone' });
    }
    if (options['roll-back'] === true) return withLock(context, 'upgrade', () => goBack(context));
    if (wanted === undefined || more.length > 0) {
      throw wrongUsage('bad-usage', { verb: 'upgrade', reason: 'one VERSION, FILE or COMMIT is needed' });
    }
    const allow = { reinstall: options.reinstall === true, downgrade: options['allow-downgrade'] === true };
    return withLock(context, 'upgrade', () =>
      options.plan === true ? showPlan(context, wanted, allow) : goOn(context, wanted, allow),
    );
  },
};
