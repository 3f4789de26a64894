import { withThrowaway } from './database/throwaway.ts';
import { loadExample } from './demo/example.ts';
import { cleanEnvironment } from './demo/own-maj.ts';
import { ensureServerPrograms } from './demo/server-programs.ts';
import { installSite } from './demo/site.ts';
import * as story from './demo/story.ts';
import { withTemporaryFolder } from './system/temporary.ts';
import type { Verb } from './verb.ts';

const scenes = [
  story.firstInstallation,
  story.statusAndBackup,
  story.goodUpgrade,
  story.refusedRelease,
  story.rolledBackRelease,
  story.gatedPush,
];

/** `maj demo`: an example application on a throwaway server, upgraded, refused, rolled back, pushed. */
export const demoVerb: Verb<never> = {
  name: 'demo',
  summary: 'Shows it all on an example application and a throwaway server; leaves nothing behind.',
  usage: ['demo'],
  options: {},
  needsSettings: true,
  async run(given) {
    const example = await loadExample();
    const context = cleanEnvironment(given);
    const programs = await ensureServerPrograms(context);
    const started = context.clock.monotonicMs();
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
    const durationMs = Math.round(context.clock.monotonicMs() - started);
    return {
      data: { server: programs.text, durationMs },
      text: ({ results }) => [results.demo.done({ server: programs.text, durationMs })],
    };
  },
};
