import type { JournalStep } from '../../scripts/upgrade/journal/steps.ts';
import { maj, type CliRun } from './cli.ts';
import type { TestSite } from './site.ts';

const preload = new URL('../faults/upgrade/strike.mjs', import.meta.url).href;

/** The environment in which `maj` is struck as the fault says, see `strike.mjs`. */
export const strikeEnvironment = (fault: object): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  MAJ_STRIKE: JSON.stringify(fault),
});

/** Calls `maj` so that something happens the moment that the journal says that a step has begun, on every machine. */
export function strikeIn(
  site: Pick<TestSite, 'project'>,
  step: JournalStep,
  blow: { readonly signal: NodeJS.Signals } | { readonly command: string },
  words: readonly string[],
): Promise<CliRun> {
  const fault = { line: ['"type":"step-started"', `"step":"${step}"`], when: 'after', ...blow };
  return maj(site.project, words, { env: strikeEnvironment(fault) });
}
