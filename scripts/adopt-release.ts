import type { Verb } from './cli/verb.ts';
import { wrongUsage } from './core/errors.ts';
import { adoptRelease } from './release/adopt.ts';
import { recordLate } from './upgrade/journal/record-installed.ts';
import { withLock } from './upgrade/lock.ts';
import { refuseUnfinished } from './upgrade/recovery/unfinished.ts';

/** `maj adopt-release`: learns what an application consists of that another program has installed. */
export const adoptReleaseVerb: Verb<never> = {
  name: 'adopt-release',
  usage: ['adopt-release', 'adopt-release VERSION|PACKAGE|COMMIT'],
  options: {},
  needsSettings: true,
  run: (context, { positionals }) =>
    withLock(context, 'adopt-release', async () => {
      const [wanted, ...more] = positionals;
      if (more.length > 0)
        throw wrongUsage('bad-usage', {
          verb: 'adopt-release',
          reason: 'it takes one package, version or commit, or none',
        });
      await recordLate(context);
      await refuseUnfinished(context);
      const adopted = await adoptRelease(context, wanted);
      return { data: adopted, text: ({ results }) => results.release.adopted(adopted) };
    }),
};
