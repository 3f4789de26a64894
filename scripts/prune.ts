import type { Verb } from './cli/verb.ts';
import { wrongUsage } from './core/errors.ts';
import { withLock } from './upgrade/lock.ts';
import { planPruning, pruneBackups } from './upgrade/prune.ts';

/** `maj prune`: what has expired goes into the trash, and what was there before goes for good. */
export const pruneVerb: Verb<'plan'> = {
  name: 'prune',
  usage: ['prune', 'prune --plan'],
  options: { plan: { type: 'boolean', help: 'Say what would go, and change nothing.' } },
  needsSettings: true,
  async run(context, { positionals, options }) {
    if (positionals.length > 0)
      throw wrongUsage('bad-usage', { verb: 'prune', reason: 'it takes no arguments' });
    const planned = options.plan === true;
    const pruning = planned
      ? await planPruning(context)
      : await withLock(context, 'prune', () => pruneBackups(context));
    const facts = { ...pruning, planned };
    return { data: facts, text: ({ results }) => results.retention.pruned(facts) };
  },
};
