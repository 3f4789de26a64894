import { runProgram } from '../../scripts/cli/program.ts';
import type { Verb } from '../../scripts/cli/verb.ts';
import { duration } from '../../scripts/core/format.ts';
import { withThrowaway } from '../../scripts/server/throwaway.ts';
import { withTemporaryFolder } from '../../scripts/system/temporary.ts';
import { example } from './example.ts';
import { DemoFailed } from './observe.ts';
import { cleanEnvironment } from './own-maj.ts';
import { ensureServerPrograms } from './server-programs.ts';
import { installSite } from './site.ts';
import * as story from './story.ts';

const scenes = [
  story.firstInstallation,
  story.statusAndBackup,
  story.goodUpgrade,
  story.refusedRelease,
  story.rolledBackRelease,
  story.gatedPush,
];

/** An example application on a throwaway server, upgraded, refused, rolled back, pushed. */
const demo: Verb<never> = {
  name: 'demo',
  usage: ['demo'],
  options: {},
  needsSettings: true,
  async run(given) {
    const context = cleanEnvironment(given);
    const started = context.clock.monotonicMs();
    try {
      const programs = await ensureServerPrograms(context);
      await withTemporaryFolder('demo', (folder) =>
        withThrowaway(context, programs, async (throwaway) => {
          const site = await installSite(context, throwaway, folder, example);
          try {
            for (const scene of scenes) await scene({ context, site, example, flavour: programs.flavour });
          } finally {
            await site.close();
          }
        }),
      );
      const took = duration(Math.round(context.clock.monotonicMs() - started));
      const end = `Everything was seen, on ${programs.text}, in ${took}; nothing is left behind.`;
      return { data: end, text: () => [end] };
    } catch (error) {
      if (!(error instanceof DemoFailed)) throw error;
      const end = `${error.message}\nEverything that the demonstration had started is gone again.`;
      return { data: end, text: () => [end], exitCode: 3 };
    }
  },
};

await runProgram(
  ['demo', ...process.argv.slice(2)],
  [
    {
      name: 'demo',
      summary: 'Shows it all on an example application and a throwaway server; leaves nothing behind.',
      load: () => Promise.resolve(demo),
    },
  ],
);
