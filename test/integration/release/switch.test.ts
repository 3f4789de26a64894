import fc from 'fast-check';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSwitch, type SwitchFacts } from '../../../scripts/release/plan-switch.ts';
import { applyMoves, moveMark, undoMoves } from '../../../scripts/release/switch.ts';
import type { SwitchPlan } from '../../../scripts/release/types.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { treePrint, writeTree } from '../../helpers/packages.ts';

interface Site {
  readonly root: string;
  readonly app: string;
  readonly staged: string;
  readonly plan: SwitchPlan;
  readonly before: Record<string, string>;
  readonly stagedBefore: Record<string, string>;
}

const persistentNames = ['.env', 'uploads', 'var/data', 'var/sessions'];

/** An application installed in place, with these persistent paths, and the next release staged beside it. */
function siteInPlace(persistent: readonly string[]): Site {
  const root = temporaryFolder('switch');
  const app = join(root, 'app');
  const area = join(root, '.app.maj');
  const staged = join(area, 'staged-run');
  writeTree(app, { VERSION: '1.0.0\n', 'index.php': 'old', 'old-only.php': 'old', 'var/cache/x': 'old' });
  for (const path of persistent) {
    if (path === '.env') writeTree(app, { '.env': 'SECRET=1' });
    else writeTree(app, { [`${path}/a.txt`]: `kept in ${path}` });
  }
  writeTree(staged, { VERSION: '1.1.0\n', 'index.php': 'new', 'var/cache/y': 'new' });
  const plan = planSwitch({
    ...factsOf(staged),
    places: { layout: 'in-place', live: app, entry: app, area, persistent: app, releases: undefined },
    persistent,
    oldInode: lstatSync(app).ino,
  });
  return { root, app, staged, plan, before: treePrint(app), stagedBefore: treePrint(staged) };
}

/** The same in the releases layout. */
function siteOfReleases(): Site {
  const root = temporaryFolder('switch');
  const app = join(root, 'app');
  const area = join(app, '.maj');
  const staged = join(area, 'staged-run');
  writeTree(join(app, 'releases', '1.0.0'), { VERSION: '1.0.0\n', 'index.php': 'old' });
  writeTree(join(app, 'shared', 'uploads'), { 'a.txt': 'kept' });
  symlinkSync('releases/1.0.0', join(app, 'current'));
  writeTree(staged, { VERSION: '1.1.0\n', 'index.php': 'new' });
  const plan = planSwitch({
    ...factsOf(staged),
    places: {
      layout: 'releases',
      live: join(app, 'releases', '1.0.0'),
      entry: join(app, 'current'),
      area,
      persistent: join(app, 'shared'),
      releases: join(app, 'releases'),
    },
    persistent: [],
    current: 'releases/1.0.0',
  });
  return { root, app, staged, plan, before: treePrint(app), stagedBefore: treePrint(staged) };
}

const factsOf = (staged: string): Omit<SwitchFacts, 'places' | 'persistent'> => ({
  runId: 'run',
  staged,
  version: '1.1.0',
  previousVersion: '1.0.0',
  timestamp: '20261122T101530Z',
  oldInode: null,
  sinceMs: null,
  current: null,
});

/** What a run that was killed after so many moves leaves; done as that run would have done them. */
async function applyFirst(plan: SwitchPlan, count: number): Promise<void> {
  if (count > 0) await applyMoves({ ...plan, moves: plan.moves.slice(0, count) });
  const staged = plan.moves.flatMap((move) =>
    move.kind === 'rename' && move.witness === 'from' ? [move.from] : [],
  );
  if (count < plan.moves.length) for (const tree of staged) writeFileSync(moveMark(tree), '');
}

/** Undoes only the last moves that are done, down to so many: a roll-back that was killed as well. */
async function undoDownTo(plan: SwitchPlan, done: number, left: number): Promise<void> {
  const undone: SwitchPlan = { ...plan, moves: plan.moves.slice(left, done) };
  if (left < done) await undoMoves({ ...undone, kept: null });
}

const scenario = fc.subarray(persistentNames).chain((persistent) =>
  fc.record({
    persistent: fc.constant(persistent),
    killedAfter: fc.integer({ min: 0, max: persistent.length + 2 }),
    killedAgain: fc.integer({ min: 0, max: persistent.length + 2 }),
  }),
);

describe.each([
  ['in-place', () => siteInPlace(persistentNames)],
  ['releases', siteOfReleases],
] as const)('a mark that a crash left half made, in the layout %s', (_, makeSite) => {
  it.each([
    ['the switch', applyMoves],
    ['what takes it back', undoMoves],
  ] as const)('is removed by %s, as the mark is', async (__, move) => {
    const { staged, plan } = makeSite();
    const half = `${moveMark(staged)}.0a1b2c3d.tmp`;
    writeFileSync(half, '');
    await move(plan);
    expect([existsSync(half), existsSync(moveMark(staged))]).toEqual([false, false]);
  });
});

describe('a switch in place', () => {
  it('killed after any move, and again while it is undone, is undone to exactly what was', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ persistent, killedAfter, killedAgain }) => {
        const site = siteInPlace(persistent);
        await applyFirst(site.plan, killedAfter);
        await undoDownTo(site.plan, killedAfter, Math.min(killedAgain, killedAfter));
        expect(await undoMoves(site.plan)).toEqual([]);
        expect(treePrint(site.app)).toEqual(site.before);
        expect(treePrint(site.staged)).toMatchObject(site.stagedBefore);
        expect(await undoMoves(site.plan)).toEqual([]);
        expect(treePrint(site.app)).toEqual(site.before);
        expect(existsSync(moveMark(site.staged))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('killed after any move is completed to the new tree, with all that persists', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ persistent, killedAfter }) => {
        const site = siteInPlace(persistent);
        await applyFirst(site.plan, killedAfter);
        await applyMoves(site.plan);
        const print = treePrint(site.app);
        const kept = Object.entries(site.before).filter(([path]) =>
          persistent.some((one) => path === one || path.startsWith(`${one}/`)),
        );
        expect(print).toMatchObject({ ...site.stagedBefore, ...Object.fromEntries(kept) });
        expect(Object.keys(print)).not.toContain('old-only.php');
        expect(treePrint(site.plan.kept ?? '')).toMatchObject({ 'old-only.php': '644 old' });
        await applyMoves(site.plan);
        expect(treePrint(site.app)).toEqual(print);
        expect(existsSync(moveMark(site.staged))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('whose staged tree was removed before the first move has nothing to undo', async () => {
    const site = siteInPlace(['uploads']);
    rmSync(site.staged, { recursive: true });
    expect(await undoMoves(site.plan)).toEqual([]);
    expect(treePrint(site.app)).toEqual(site.before);
  });

  it('undone puts uploads that were made in the place of what was moved among the others, and keeps the rest', async () => {
    const site = siteInPlace(['.env', 'uploads']);
    await applyFirst(site.plan, 3);
    writeTree(site.app, {
      'uploads/late.txt': 'made too late',
      'uploads/deep/later.txt': 'made too late',
      'uploads/a.txt': 'of the same name',
      '.env': 'made anew',
      'logs/error.log': 'of nobody',
    });
    const strays = await undoMoves(site.plan);
    expect(treePrint(site.app)).toEqual({
      ...site.before,
      'uploads/deep/': '755',
      'uploads/deep/later.txt': '644 made too late',
      'uploads/late.txt': '644 made too late',
    });
    expect(strays).toEqual([join(site.plan.strays, 'app')]);
    expect(treePrint(strays[0] ?? '')).toEqual({
      '.env': '644 made anew',
      'logs/': '755',
      'logs/error.log': '644 of nobody',
      'uploads/': '755',
      'uploads/a.txt': '644 of the same name',
    });
    // They are told again by whoever takes it back once more.
    expect(await undoMoves(site.plan)).toEqual(strays);
  });

  it.each([1, 2])('completed from move %i has the uploads that were made meanwhile', async (killedAfter) => {
    const site = siteInPlace(['uploads']);
    await applyFirst(site.plan, killedAfter);
    writeTree(site.app, { 'uploads/late.txt': 'made too late', 'uploads/a.txt': 'of the same name' });
    const left = await applyMoves(site.plan);
    expect(treePrint(site.app)).toEqual({
      ...site.stagedBefore,
      'uploads/': '755',
      'uploads/a.txt': '644 kept in uploads',
      'uploads/late.txt': '644 made too late',
    });
    expect(left).toHaveLength(1);
    expect(JSON.stringify(left.map((path) => treePrint(join(path, '..'))))).toContain('of the same name');
  });

  it('completed puts aside what was made in the place of the application', async () => {
    const site = siteInPlace([]);
    await applyFirst(site.plan, 1);
    writeTree(site.app, { 'logs/error.log': 'made by a cron job' });
    await applyMoves(site.plan);
    expect(treePrint(site.app)).toEqual(site.stagedBefore);
    expect(treePrint(join(site.plan.strays, 'app'))).toMatchObject({
      'logs/error.log': '644 made by a cron job',
    });
  });

  it('whose old tree is gone is not undone, for that would leave nothing', async () => {
    const site = siteInPlace(['uploads']);
    await applyMoves(site.plan);
    const kept = site.plan.kept ?? '';
    mkdirSync(join(site.root, 'elsewhere'));
    renameSync(kept, join(site.root, 'elsewhere', 'old'));
    await expect(undoMoves(site.plan)).rejects.toMatchObject({ code: 'switch-lost', exitCode: 11 });
    expect(treePrint(site.app)).toMatchObject({ VERSION: '644 1.1.0\n' });
  });
});

describe('a switch of releases', () => {
  it.each([0, 1, 2])('killed after %i moves is undone, or completed', async (killedAfter) => {
    const undone = siteOfReleases();
    await applyFirst(undone.plan, killedAfter);
    await undoMoves(undone.plan);
    expect(treePrint(undone.app)).toEqual(undone.before);

    const completed = siteOfReleases();
    await applyFirst(completed.plan, killedAfter);
    await applyMoves(completed.plan);
    expect(readlinkSync(join(completed.app, 'current'))).toBe('releases/1.1.0');
    expect(treePrint(join(completed.app, 'current'))).toEqual(completed.stagedBefore);
    expect(treePrint(join(completed.app, 'releases', '1.0.0'))).toMatchObject({ 'index.php': '644 old' });
  });
});
