import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  expiredBackups,
  keepersOf,
  type ExpiryFacts,
  type KnownBackup,
} from '../../../scripts/retention/expire.ts';

const now = new Date('2026-11-22T12:00:00Z');
const dayMs = 24 * 3_600_000;

/** A backup of so many days ago, named after them: `p40` is proven, `u40` is not. */
const aged = (name: string): KnownBackup => ({
  id: name,
  createdAt: new Date(now.getTime() - Number(name.slice(1)) * dayMs).toISOString(),
  proven: name.startsWith('p'),
});

const facts = (names: string, more: Partial<ExpiryFacts> = {}): ExpiryFacts => ({
  backups: names.split(' ').filter(Boolean).map(aged),
  wayBack: undefined,
  begun: new Set(),
  unfinished: new Set(),
  rehearsed: new Set(),
  now,
  days: 30,
  least: 3,
  ...more,
});

describe('what expires', () => {
  test.each<[string, string, string, Partial<ExpiryFacts>?]>([
    ['nothing of nothing', '', ''],
    ['nothing of three, however old', 'p400 p500 p600', ''],
    ['what is older than the days, beyond the least three, oldest first', 'p1 p2 p3 p31.5 u90', 'u90 p31.5'],
    ['nothing that is exactly as old as the days', 'p1 p2 p3 u31', ''],
    ['days count from the newest proven one, not from now', 'p300 u310 u320 u329 u331', 'u331'],
    ['newer ones that are not proven do not count', 'u1 u2 u3 p100 u120 u140', 'u140'],
    ['the newest proven one stays, beyond the days and the least', 'u1 u2 u3 p100 p131', 'p131'],
    ['nothing while nothing is proven', 'u1 u100 u200 u300 u400', ''],
    ['nothing while the clock is behind every backup', 'p-10 p-20 p-30 p-40 p-50', ''],
    ['one from the future stands for no other one', 'p-400 p1 p2 p3 p50', 'p50'],
    ['one from the future does not count among the least', 'p-1 p-2 p-3 p100 p200 p300', ''],
    ['fewer days', 'p1 p2 p3 p4 p9', 'p9', { days: 7 }],
    ['a larger least', 'p1 p50 p60 p70 p80', 'p80', { least: 4 }],
    ['not the way back', 'p1 p2 p3 p50 p60', 'p60', { wayBack: 'p50' }],
    ['not what the last run began with', 'p1 p2 p3 p50 p60', 'p60', { begun: new Set(['p50']) }],
    ['not what an unfinished run needs', 'p1 p2 p3 p50 p60', 'p50', { unfinished: new Set(['p60']) }],
    ['not what a valid rehearsal was on', 'p1 p2 p3 p50 p60', 'p60', { rehearsed: new Set(['p50']) }],
  ])('%s', (_, backups, expired, more) => {
    expect(expiredBackups(facts(backups, more)).join(' ')).toBe(expired);
  });

  test('each backup is told everything that keeps it', () => {
    const kept = keepersOf(
      facts('p-1 p1 u2 u29 u30 p50', {
        unfinished: new Set(['u2']),
        wayBack: 'p1',
        begun: new Set(['p1', 'u30']),
      }),
    );
    expect(Object.fromEntries(kept)).toEqual({
      'p-1': ['future'],
      p1: ['way-back', 'last-window', 'newest-proven', 'least', 'young'],
      u2: ['unfinished', 'least', 'young'],
      u29: ['least', 'young'],
      u30: ['last-window', 'young'],
      p50: [],
    });
  });
});

describe('whatever there is', () => {
  const backup = fc.record({
    age: fc.double({ min: -40, max: 400, noNaN: true }),
    proven: fc.boolean(),
    needed: fc.constantFrom('unfinished', 'begun', 'rehearsed', undefined),
  });
  const cases = fc
    .record({
      drawn: fc.array(backup, { maxLength: 20 }),
      days: fc.integer({ min: 1, max: 60 }),
      least: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ drawn, days, least }): ExpiryFacts => {
      const named = drawn.map((one, index) => ({ ...one, id: `b${index}` }));
      const idsOf = (need: string): Set<string> =>
        new Set(named.filter(({ needed }) => needed === need).map(({ id }) => id));
      return {
        backups: named.map(({ id, age, proven }) => ({
          id,
          proven,
          createdAt: new Date(now.getTime() - age * dayMs).toISOString(),
        })),
        unfinished: idsOf('unfinished'),
        wayBack: undefined,
        begun: idsOf('begun'),
        rehearsed: idsOf('rehearsed'),
        now,
        days,
        least,
      };
    });
  const left = (all: ExpiryFacts): KnownBackup[] => {
    const expired = new Set(expiredBackups(all));
    return all.backups.filter(({ id }) => !expired.has(id));
  };
  const isPast = ({ createdAt }: KnownBackup): boolean => Date.parse(createdAt) <= now.getTime();
  const newestProven = (all: ExpiryFacts): KnownBackup | undefined =>
    all.backups
      .filter((one) => one.proven && isPast(one))
      .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))[0];

  test('as many complete backups stay as are to stay at least, if there were so many', () => {
    fc.assert(
      fc.property(cases, (all) => {
        const past = all.backups.filter(isPast).length;
        expect(left(all).filter(isPast).length).toBeGreaterThanOrEqual(Math.min(past, all.least));
      }),
    );
  });

  test('the newest proven one stays, and nothing goes where there is none', () => {
    fc.assert(
      fc.property(cases, (all) => {
        const proven = newestProven(all);
        if (proven === undefined) expect(left(all)).toEqual(all.backups);
        else expect(left(all).some(({ createdAt }) => createdAt === proven.createdAt)).toBe(true);
      }),
    );
  });

  test('nothing goes that a run, a way back or a rehearsal needs, is of the future, or within the days', () => {
    fc.assert(
      fc.property(cases, (all) => {
        const proven = newestProven(all);
        for (const id of expiredBackups(all)) {
          const gone = all.backups.find((one) => one.id === id);
          for (const needs of [all.unfinished, all.begun, all.rehearsed]) expect(needs.has(id)).toBe(false);
          const time = Date.parse(gone?.createdAt ?? '');
          expect(time).toBeLessThanOrEqual(now.getTime());
          expect(Date.parse(proven?.createdAt ?? '') - time).toBeGreaterThan(all.days * dayMs);
        }
      }),
    );
  });

  test('what is left expires no further, and a backup more makes no other one stay', () => {
    fc.assert(
      fc.property(cases, (all) => {
        expect(expiredBackups({ ...all, backups: left(all) })).toEqual([]);
        const fresh: KnownBackup = { id: 'fresh', createdAt: now.toISOString(), proven: true };
        const before = expiredBackups(all);
        expect(expiredBackups({ ...all, backups: [...all.backups, fresh] })).toEqual(
          expect.arrayContaining(before),
        );
      }),
    );
  });
});
