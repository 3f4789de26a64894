import type { Verb, VerbArguments, VerbResult } from './cli/verb.ts';
import type { Context } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import type { Allowance } from './package/types.ts';
import { goBack, type GoBackPlan, type WentBack } from './upgrade/go-back/go-back.ts';
import { recordLate } from './upgrade/journal/record-installed.ts';
import { withLock } from './upgrade/lock.ts';
import { planUpgrade } from './upgrade/plan.ts';
import type { UnknownRelease } from './upgrade/prepare.ts';
import { pruneAfterSuccess } from './upgrade/prune.ts';
import type { LosingPlan } from './upgrade/recovery/confirm-row-loss.ts';
import { resumeUpgrade } from './upgrade/recovery/resume.ts';
import { refuseOtherInstallation } from './upgrade/recovery/same-installation.ts';
import { rollBackUnfinished } from './upgrade/recovery/roll-back-unfinished.ts';
import { findUnfinished, requireDead, refuseLeftOver } from './upgrade/recovery/unfinished.ts';
import { upgrade, type Upgraded } from './upgrade/upgrade.ts';

type Option = 'plan' | 'resume' | 'roll-back' | 'retry' | 'reinstall' | 'allow-downgrade' | 'server-moved';

async function showPlan(context: Context, wanted: string, allow: Allowance): Promise<VerbResult> {
  const plan = await planUpgrade(context, wanted, allow);
  return { data: plan, text: ({ results }) => results.upgrade.plan(plan) };
}

/** What the user is asked before something is lost, or goes along. */
const questionsOf = (confirm: VerbArguments<Option>['confirm']) => ({
  goBack: (plan: GoBackPlan) => confirm(({ results }) => results.upgrade.goBackQuestion(plan)),
  loseRows: (plan: LosingPlan) => confirm(({ results }) => results.upgrade.losingQuestion(plan)),
  unknown: (release: UnknownRelease) => confirm(({ results }) => results.release.confirmUnknown(release)),
});

/** Rolls an unfinished run back; where there is none, goes back to the version before. */
async function rollBack(
  context: Context,
  ask: ReturnType<typeof questionsOf>,
  moved: { readonly serverMoved: boolean },
): Promise<VerbResult> {
  const state = await findUnfinished(context);
  if (state === undefined) {
    await refuseLeftOver(context);
    return done(context, await goBack(context, ask.goBack, moved));
  }
  await refuseOtherInstallation(context, requireDead(state), moved);
  const settled = await rollBackUnfinished(context, state, ask.loseRows);
  const { run, kind, from, to, outcome, backup = null } = settled;
  const facts = { run, kind, from, to, outcome, backup };
  return { data: facts, text: ({ results }) => results.upgrade.settled(facts) };
}

async function done(context: Context, facts: Upgraded | WentBack): Promise<VerbResult> {
  if ('restored' in facts) return { data: facts, text: ({ results }) => results.upgrade.wentBack(facts) };
  await pruneAfterSuccess(context);
  return { data: facts, text: ({ results }) => results.upgrade.upgraded(facts) };
}

/** `maj upgrade`: the guide as one command. */
export const upgradeVerb: Verb<Option> = {
  name: 'upgrade',
  usage: [
    'upgrade VERSION|FILE|COMMIT',
    'upgrade VERSION|FILE|COMMIT --plan',
    'upgrade --resume',
    'upgrade --roll-back',
  ],
  options: {
    plan: { type: 'boolean', help: 'Show what would be done, and change nothing.' },
    reinstall: { type: 'boolean', help: 'Also when this version is installed already.' },
    'allow-downgrade': {
      type: 'boolean',
      help: 'Also to an older version, if the database holds no migration that it does not know.',
    },
    resume: { type: 'boolean', help: 'Go on with an upgrade that was cut off.' },
    'roll-back': {
      type: 'boolean',
      help: 'Take back an upgrade that was cut off; after one that succeeded, go back to the version before.',
    },
    'server-moved': {
      type: 'boolean',
      help: 'With --resume or --roll-back: the database server has another address by now, and is the same.',
    },
    retry: { type: 'boolean', help: 'Try a package again that failed on this version.' },
  },
  needsSettings: true,
  run(context, { positionals, options, confirm }) {
    const [wanted, ...more] = positionals;
    const { plan, resume, 'roll-back': back, retry = false } = options;
    const allow = { reinstall: options.reinstall === true, downgrade: options['allow-downgrade'] === true };
    const alone = resume === true ? '--resume' : back === true ? '--roll-back' : undefined;
    const { 'server-moved': serverMoved = false, ...others } = options;
    const words = Object.values(others).filter((option) => option === true);
    const wrong = (reason: string): Error => wrongUsage('bad-usage', { verb: 'upgrade', reason });
    if (serverMoved === true && alone === undefined)
      throw wrong('--server-moved is for --resume or --roll-back');
    if (alone !== undefined && (positionals.length > 0 || words.length > 1))
      throw wrong(`${alone} stands alone`);
    const moved = { serverMoved: serverMoved === true };
    const ask = questionsOf(confirm);
    return withLock(context, 'upgrade', async () => {
      await recordLate(context);
      if (resume === true) return done(context, await resumeUpgrade(context, ask, moved));
      if (back === true) return rollBack(context, ask, moved);
      if (wanted === undefined || more.length > 0) {
        // Which of the two an unfinished run wants is worth more than how the command is written.
        if (wanted === undefined) await refuseLeftOver(context);
        throw wrong('one VERSION, FILE or COMMIT is needed');
      }
      if (plan === true) return showPlan(context, wanted, allow);
      const how = { retry: retry === true, allow, confirmUnknown: ask.unknown };
      return done(context, await upgrade(context, wanted, how));
    });
  },
};
