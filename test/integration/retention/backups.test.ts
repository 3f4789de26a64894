import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { partialSuffix } from '../../../scripts/backup/layout.ts';
import { ownIdentity } from '../../../scripts/system/process/identity.ts';
import { maj } from '../../helpers/cli.ts';
import { temporaryFolder } from '../../helpers/context.ts';
import { layBackup } from './helpers.ts';

const layProject = (): { project: string; backups: string } => {
  const project = temporaryFolder('project');
  return { project, backups: join(project, '.maj', 'backups') };
};

test('maj backups says of each backup what keeps it, and names what is none', async () => {
  const { project, backups } = layProject();
  const young = layBackup(backups, 1, { version: '1.2.0' });
  const proven = layBackup(backups, 2, { proven: true });
  const old = layBackup(backups, 40);
  const expired = layBackup(backups, 50);
  const future = layBackup(backups, -10);
  const damaged = layBackup(backups, 60);
  writeFileSync(join(backups, damaged, 'manifest.json'), 'not one');
  const incomplete = layBackup(backups, 61);
  rmSync(join(backups, incomplete, 'manifest.json'));
  const abandoned = layBackup(backups, 62);
  renameSync(join(backups, abandoned), join(backups, abandoned + partialSuffix));
  writeFileSync(
    join(backups, abandoned + partialSuffix, 'owner.json'),
    JSON.stringify({ ...ownIdentity(), startTicks: '1' }),
  );
  const written = layBackup(backups, 63);
  renameSync(join(backups, written), join(backups, written + partialSuffix));
  writeFileSync(join(backups, written + partialSuffix, 'owner.json'), JSON.stringify(ownIdentity()));
  const trashed = layBackup(backups, 90);
  mkdirSync(join(backups, '.trash'));
  renameSync(join(backups, trashed), join(backups, '.trash', trashed));

  const { stdout, stderr, code } = await maj(project, ['backups', '--json']);
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({
    data: {
      backups: [
        { id: future, keepers: ['future'] },
        { id: young, version: '1.2.0', proven: false, keepers: ['least', 'young'] },
        { id: proven, proven: true, keepers: ['newest-proven', 'least', 'young'] },
        { id: old, keepers: ['least'] },
        { id: expired, keepers: [] },
      ],
      others: [
        { id: written + partialSuffix, what: 'being-written' },
        { id: abandoned + partialSuffix, what: 'incomplete' },
        { id: incomplete, what: 'incomplete' },
        { id: damaged, what: 'damaged' },
      ],
      trashed: [{ id: trashed }],
    },
  });

  const text = await maj(project, ['backups']);
  expect(text.code).toBe(0);
  const lines = text.stdout.trimEnd().split('\n');
  expect(lines).toContain('  expired: the next prune puts it into the trash');
  expect(lines).toContain('  kept: one of the last 3');
  expect(lines).toContain('  damaged: its manifest cannot be read; it is never pruned');
  // The folder of a test is longer than those of people: lines that name one are left out.
  for (const line of lines.filter((one) => !one.includes(backups)))
    expect(line.length).toBeLessThanOrEqual(80);
});

test('what two backups share is in the size of both, and once in the sum', async () => {
  const { project, backups } = layProject();
  const first = layBackup(backups, 1);
  const second = layBackup(backups, 2);
  const shared = join(backups, second, 'database', 'part');
  rmSync(shared);
  linkSync(join(backups, first, 'database', 'part'), shared);
  // A second name within one backup is not shared with another one.
  linkSync(join(backups, first, 'manifest.json'), join(backups, first, 'same'));

  const { stdout } = await maj(project, ['backups', '--json']);
  const { data } = JSON.parse(stdout) as {
    data: { bytes: number; backups: { own: number; shared: number }[] };
  };
  const [newer, older] = data.backups;
  expect(newer?.shared).toBe(older?.shared);
  expect(newer?.shared).toBeGreaterThanOrEqual(100_000);
  expect(newer?.own).toBeGreaterThan(0);
  expect(data.bytes).toBe((newer?.own ?? 0) + (older?.own ?? 0) + (newer?.shared ?? 0));
  expect((await maj(project, ['backups'])).stdout).toMatch(/\d kB \+ \d+ kB shared/);
});

test('where there is none, it says how to take one', async () => {
  const { stdout, code } = await maj(layProject().project, ['backups']);
  expect(code).toBe(0);
  expect(stdout).toContain('`maj backup` takes one');
});
