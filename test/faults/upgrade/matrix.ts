import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foldJournal } from '../../../scripts/upgrade/journal/state.ts';
import type { CliRun } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { sharedExample } from '../../helpers/example.ts';
import { useKillableServer } from '../../helpers/killable-server.ts';
import { servers } from '../../helpers/servers.ts';
import { strikeEnvironment } from '../../helpers/strike.ts';
import { chosenCases, titleOf, type FaultCase } from './cases.ts';
import { makeMatrixSite, type Layout, type MatrixSite } from './matrix-site.ts';

const cutter = fileURLToPath(new URL('cut-connections.mjs', import.meta.url));
const before = '1.0.0';
const after = '1.1.0';

/** The exit codes that promise that nothing was changed; a server that is not there any more before the window is a 2. */
const untouched: readonly (number | null)[] = [2, 3, 4, 130];

/** In which nothing can be removed from a file system either. */
const refusesAll: readonly FaultCase['blow'][] = [
  'application read-only',
  'application denied',
  'project denied',
];

type State = Readonly<Record<string, unknown>>;

/** The fault matrix of upgrades in one layout, on every flavour; cases follow each other on one site. */
export function faultMatrix(layout: Layout): void {
  describe.each(servers)(
    'an upgrade of an application ($name, ' + layout + ') that is struck while',
    (server) => {
      const running = useKillableServer(server);
      let site: MatrixSite | undefined;
      let old: State = {};
      const durations = new Map<string, number>();

      /** The site as version 1.0.0, rehearsed; a case that went wrong leaves none to the next one. */
      async function freshSite(): Promise<MatrixSite> {
        if (site !== undefined) return site;
        const made = await makeMatrixSite(server, running(), temporaryFolder('m'), layout, sharedExample());
        old = await stateOf(made);
        await succeed(made, ['upgrade', after]);
        await remember(made, durations);
        await succeed(made, ['upgrade', '--roll-back', '--yes']);
        await remember(made, durations);
        expect(await stateOf(made)).toEqual(old);
        return (site = made);
      }

      beforeAll(async () => {
        await freshSite();
      });
      afterAll(() => site?.close());

      const cases = chosenCases(servers.indexOf(server) * 2 + (layout === 'in-place' ? 0 : 1));
      test.each(cases.map((one) => [titleOf(one), one] as const))('%s', async (_, one) => {
        const made = await freshSite();
        site = undefined;
        try {
          await strikeAndSettle(made, one, old, { durations, pid: () => running().pid() });
          site = made;
        } finally {
          if (site === undefined) {
            await made.mend();
            await made.close();
          }
        }
      });
    },
  );
}

async function strikeAndSettle(
  site: MatrixSite,
  one: FaultCase,
  old: State,
  known: { readonly durations: ReadonlyMap<string, number>; readonly pid: () => number },
): Promise<void> {
  const { doing } = one;
  const retry = ['upgrade', after, '--retry'];
  const back = ['upgrade', '--roll-back', '--yes'];
  if (doing === 'going back') await succeed(site, retry);
  if (doing === 'rolling back') await writeFile(site.flag('health'), after);
  const struck = await site.maj(doing === 'going back' ? back : retry, strikeOf(site, one, known));
  await site.mend();
  // There may be fewer renames than that, and a step may be over sooner than half of what it took before.
  const mayMiss = one.moment.startsWith('rename') || one.moment === 'middle';
  const isOver = mayMiss && (struck.code === 0 || struck.code === 10);
  if (one.blow === 'SIGKILL' && !isOver) expect(struck.signal, struck.stderr).toBe('SIGKILL');
  else expect([0, 6, 10, 11, ...untouched], struck.stderr).toContain(struck.code);

  const state = foldJournal(await site.journal());
  if (untouched.includes(struck.code)) expect(state?.outcome, struck.stderr).not.toBe('unfinished');
  if (state?.outcome === 'unfinished') {
    const told = await site.maj(['upgrade']);
    expect(told.code, told.stderr).toBe(6);
    const first = await site.maj(one.then === 'resume' ? ['upgrade', '--resume', '--yes'] : back);
    // What cannot be resumed says so, and is taken back.
    if (one.then === 'resume' && first.code === 6) await succeed(site, back, first);
    else expect(first.code, first.stderr).toBe(0);
  }
  expect(foldJournal(await site.journal())?.outcome).not.toBe('unfinished');
  const page = await site.page();
  // Maintenance may be what could not be ended: the way out is what was printed.
  if (struck.code === 11 && refusesAll.includes(one.blow))
    await succeed(site, ['maintenance', 'off'], struck);
  if (page.version === after) {
    expect(await site.maj(['verify', 'app'])).toMatchObject({ code: 0 });
    const status = await site.maj(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      data: { version: after, pending: [], maintenance: 'off' },
    });
    await succeed(site, back);
  }
  expect(await stateOf(site)).toEqual(old);
  expect(await site.page()).toEqual({ status: 200, version: before });
  const left = await site.leftovers();
  // Killed when all of it was over and in the journal, a run leaves its lock and what it had staged, which are the next one's
  // to remove.
  const wasOver = struck.signal === 'SIGKILL' && state?.outcome !== 'unfinished';
  const isOfLastMoment = wasOver && left.every((name) => /^(lock$|staged-)/.test(name));
  if (left.length > 0 && (isOfLastMoment || refusesAll.includes(one.blow))) {
    // Nothing could be removed then: that was said, and the next run removes it.
    if (!isOfLastMoment) expect(struck.stderr).toContain(left[0]);
    await succeed(site, retry);
    await succeed(site, back);
    expect(await stateOf(site)).toEqual(old);
  }
  expect(await site.leftovers(), struck.stderr).toEqual([]);
}

/** What is given to the command for the blow to fall. */
function strikeOf(
  site: MatrixSite,
  { step, blow, moment }: FaultCase,
  { durations, pid }: { readonly durations: ReadonlyMap<string, number>; readonly pid: () => number },
): Record<string, string> {
  const renamed = /^rename (\d+)$/.exec(moment)?.[1];
  const planned = step === 'switch' && renamed !== undefined;
  const line = planned
    ? ['"type":"switch-planned"']
    : [`"type":"step-${moment === 'after' ? 'finished' : 'started'}"`, `"step":"${step}"`];
  const fault = {
    line,
    when: moment === 'before' ? 'before' : 'after',
    ...(moment === 'middle' ? { afterMs: Math.round((durations.get(step) ?? 10) / 2) } : {}),
    ...(renamed === undefined ? {} : { afterRenames: Number(renamed) }),
    ...blowOf(site, blow, pid),
  };
  return strikeEnvironment(fault);
}

function blowOf(
  site: MatrixSite,
  blow: FaultCase['blow'],
  pid: () => number,
): { readonly signal: string } | { readonly command: string } {
  switch (blow) {
    case 'SIGKILL':
    case 'SIGTERM':
      return { signal: blow };
    case 'project full':
      return { command: site.fill('project') };
    case 'application full':
      return { command: site.fill('application') };
    case 'temporary full':
      return { command: site.fill('temporary') };
    case 'application read-only':
      return { command: `mount -o remount,ro ${site.folder}/a` };
    case 'application denied':
      return { command: site.deny('application') };
    case 'project denied':
      return { command: site.deny('project') };
    case 'server killed':
      return { command: `kill -KILL ${pid()}` };
    case 'connections cut':
      return { command: `NODE_OPTIONS= ${process.execPath} ${cutter} ${site.socket}` };
    case 'health failing':
      return { command: `: > ${site.flag('health')}` };
    case 'hook failing':
      return { command: `: > ${site.flag('hook')}` };
  }
}

async function succeed(site: MatrixSite, words: readonly string[], earlier?: CliRun): Promise<void> {
  const run = await site.maj(words);
  expect(run.code, `${words.join(' ')}: ${run.stderr}\n${earlier?.stderr ?? ''}`).toBe(0);
}

async function remember(site: MatrixSite, durations: Map<string, number>): Promise<void> {
  for (const { step, durationMs } of foldJournal(await site.journal())?.finished ?? [])
    if (durationMs !== undefined) durations.set(step, durationMs);
}

const stateOf = async (site: MatrixSite): Promise<State> => ({
  page: await site.page(),
  rows: await site.rows(),
  files: await site.files(),
});
