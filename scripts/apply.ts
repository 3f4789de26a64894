import { checkCommandUser } from './application/commands.ts';
import { installDependencies } from './application/deploy-commands.ts';
import { maintenanceState } from './application/maintenance.ts';
import type { Verb } from './cli/verb.ts';
import { stopIfInterrupted, warn } from './core/context.ts';
import { wrongUsage } from './core/errors.ts';
import { findPackage } from './package/find.ts';
import { placesOf } from './release/places.ts';
import { switchOf } from './release/prepare.ts';
import { discardStaged, stagePackage } from './release/stage.ts';
import { installedVersion } from './release/version.ts';
import { exists } from './system/files.ts';
import { applyAlone } from './upgrade/apply-package.ts';
import { newRunId } from './upgrade/journal/journal.ts';
import { recordLate } from './upgrade/journal/record-installed.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** `maj apply PACKAGE`: checks a package, unpacks it beside the application, and switches it in; nothing else. */
export const applyVerb: Verb<'plan' | 'reinstall' | 'allow-downgrade'> = {
  name: 'apply',
  usage: ['apply PACKAGE|VERSION|COMMIT', 'apply PACKAGE|VERSION|COMMIT --plan'],
  options: {
    plan: { type: 'boolean', help: 'Verify and unpack, print what would be moved, and change nothing.' },
    reinstall: { type: 'boolean', help: 'Also when this version is installed already.' },
    'allow-downgrade': {
      type: 'boolean',
      help: 'Also an older version, if the database holds no migration that it does not know.',
    },
  },
  needsSettings: true,
  run: (context, args) =>
    withLock(context, 'apply', async () => {
      const [wanted, ...more] = args.positionals;
      if (wanted === undefined || more.length > 0)
        throw wrongUsage('bad-usage', { verb: 'apply', reason: 'it takes one package, version or commit' });
      await recordLate(context);
      await refuseUnfinished(context);
      await checkCommandUser(context);
      const found = await findPackage(context, wanted);
      const runId = await newRunId(context);
      const staged = await stagePackage(context, found.path, {
        ...found,
        runId,
        allow: {
          reinstall: args.options.reinstall === true,
          downgrade: args.options['allow-downgrade'] === true,
        },
      });
      const { entry } = await placesOf(context);
      try {
        if (args.options.plan === true) {
          const plan = switchOf(context, staged, await placesOf(context));
          return {
            data: { ...staged, plan },
            text: (messages) =>
              messages.results.release.applyPlan({
                version: staged.version,
                previous: staged.previousVersion,
                moves: messages.results.release.moves(plan.moves),
                changes: staged.changes,
              }),
          };
        }
        const state = await maintenanceState(context);
        if (state === 'unmanaged') warn(context, 'maintenance-not-managed', {});
        if (state === 'off') warn(context, 'maintenance-is-off', {});
        await args.confirm(({ results }) =>
          results.release.confirmApply({
            version: staged.version,
            previous: staged.previousVersion,
            appDir: entry,
          }),
        );
        await installDependencies(context, staged.folder);
        stopIfInterrupted(context);
        const plan = await applyAlone(context, staged, state);
        return {
          data: { version: await installedVersion(context), kept: plan.kept },
          text: ({ results }) =>
            results.release.applied({ version: staged.version, appDir: entry, kept: plan.kept }),
        };
      } finally {
        // Once the tree is switched in, its list may wait for the next run to keep it.
        if (await exists(staged.folder)) await discardStaged(staged);
      }
    }),
};
