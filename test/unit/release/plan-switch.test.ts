import { describe, expect, it } from 'vitest';
import { planReturn, planSwitch, type SwitchFacts } from '../../../scripts/release/plan-switch.ts';

const inPlace: SwitchFacts = {
  places: {
    layout: 'in-place',
    live: '/srv/app',
    entry: '/srv/app',
    area: '/srv/.app.maj',
    persistent: '/srv/app',
    releases: undefined,
  },
  runId: 'run',
  staged: '/srv/.app.maj/staged-run',
  version: '1.1.0',
  previousVersion: '1.0.0',
  persistent: ['.env', 'uploads'],
  timestamp: '20261122T101530Z',
  oldInode: 17,
  sinceMs: 5,
  current: null,
};

const releases: SwitchFacts = {
  ...inPlace,
  places: {
    layout: 'releases',
    live: '/srv/app/releases/1.0.0',
    entry: '/srv/app/current',
    area: '/srv/app/.maj',
    persistent: '/srv/app/shared',
    releases: '/srv/app/releases',
  },
  staged: '/srv/app/.maj/staged-run',
  persistent: [],
  oldInode: null,
  current: 'releases/1.0.0',
};

describe('a switch in place', () => {
  it('moves what persists first, and has no application for two renames only', () => {
    expect(planSwitch(inPlace)).toMatchInlineSnapshot(`
      {
        "kept": "/srv/.app.maj/1.0.0-20261122T101530Z",
        "moves": [
          {
            "from": "/srv/app/.env",
            "kind": "rename",
            "to": "/srv/.app.maj/staged-run/.env",
            "witness": "to",
          },
          {
            "from": "/srv/app/uploads",
            "kind": "rename",
            "to": "/srv/.app.maj/staged-run/uploads",
            "witness": "to",
          },
          {
            "from": "/srv/app",
            "kind": "rename",
            "to": "/srv/.app.maj/1.0.0-20261122T101530Z",
            "witness": "to",
          },
          {
            "from": "/srv/.app.maj/staged-run",
            "kind": "rename",
            "to": "/srv/app",
            "witness": "from",
          },
        ],
        "oldInode": 17,
        "sinceMs": 5,
        "strays": "/srv/.app.maj/strays-run",
      }
    `);
  });

  it('is one move where nothing is installed yet', () => {
    const plan = planSwitch({ ...inPlace, places: { ...inPlace.places, live: undefined }, persistent: [] });
    expect(plan.moves).toHaveLength(1);
    expect(plan.kept).toBeNull();
  });

  it('names the old tree safely, whatever the installed version says', () => {
    const plan = planSwitch({ ...inPlace, previousVersion: '../../etc' });
    expect(plan.kept).toBe('/srv/.app.maj/__.._etc-20261122T101530Z');
  });
});

it('a switch of releases replaces one link', () => {
  expect(planSwitch(releases)).toMatchInlineSnapshot(`
    {
      "kept": "/srv/app/releases/1.0.0",
      "moves": [
        {
          "from": "/srv/app/.maj/staged-run",
          "kind": "rename",
          "to": "/srv/app/releases/1.1.0",
          "witness": "from",
        },
        {
          "after": "releases/1.1.0",
          "before": "releases/1.0.0",
          "kind": "link",
          "path": "/srv/app/current",
        },
      ],
      "oldInode": null,
      "sinceMs": 5,
      "strays": "/srv/app/.maj/strays-run",
    }
  `);
});

describe('the way back to an older tree', () => {
  it('is a switch to it in place', () => {
    const kept = '/srv/.app.maj/1.0.0-20261101T000000Z';
    const facts = { ...inPlace, staged: kept, version: '1.0.0', previousVersion: '1.1.0' };
    expect(planReturn(facts)).toEqual(planSwitch(facts));
  });

  it('sets the link to a release that is among the others, and takes the newer one away from there', () => {
    const facts = {
      ...releases,
      places: { ...releases.places, live: '/srv/app/releases/1.1.0' },
      staged: '/srv/app/releases/1.0.0',
      version: '1.0.0',
      previousVersion: '1.1.0',
      current: 'releases/1.1.0',
    };
    const kept = '/srv/app/.maj/1.1.0-20261122T101530Z';
    expect(planReturn(facts)).toMatchObject({
      moves: [
        { kind: 'link', path: '/srv/app/current', before: 'releases/1.1.0', after: 'releases/1.0.0' },
        { kind: 'rename', from: '/srv/app/releases/1.1.0', to: kept, witness: 'to' },
      ],
      kept,
    });
  });
});
