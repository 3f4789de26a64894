import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAbandoned } from '../../../scripts/backup/partial.ts';
import {
  livenessOf,
  ownIdentity,
  placeOf,
  type ProcessIdentity,
} from '../../../scripts/system/process/identity.ts';
import { temporaryFolder } from '../../helpers/context.ts';

const nobody = 999_999_999;

test.each<[string, Partial<ProcessIdentity>, string, string]>([
  ['this one', {}, 'here', 'alive'],
  ['one whose number no process has', { pid: nobody }, 'here', 'dead'],
  ['one whose number another process got', { startTicks: '1' }, 'here', 'dead'],
  ['one of before a restart', { bootId: 'another', pidNamespace: '1' }, 'other-boot', 'dead'],
  ['one in another PID namespace', { pid: nobody, pidNamespace: '1' }, 'other-container', 'elsewhere'],
  ['one there that has our number', { pidNamespace: '1' }, 'other-container', 'elsewhere'],
  ['a dead one of an older record', { pid: nobody, pidNamespace: undefined }, 'here', 'dead'],
  ['a living one of an older record', { pidNamespace: undefined }, 'here', 'alive'],
  ['one where the system does not tell', { pid: nobody, pidNamespace: '' }, 'here', 'dead'],
  ['one on another host', { host: 'elsewhere', pidNamespace: '1' }, 'other-host', 'elsewhere'],
])('of a process it is told where it ran, and whether it lives: %s', (_, other, place, fate) => {
  const identity = { ...ownIdentity(), ...other };
  expect([placeOf(identity), livenessOf(identity)]).toEqual([place, fate]);
});

test('what a process in another container writes is not taken for abandoned', async () => {
  const folder = temporaryFolder('partial');
  const owner = { ...ownIdentity(), pid: nobody };
  await writeFile(join(folder, 'owner.json'), JSON.stringify({ ...owner, pidNamespace: '1' }));
  expect(await isAbandoned(folder)).toBe(false);
  await writeFile(join(folder, 'owner.json'), JSON.stringify(owner));
  expect(await isAbandoned(folder)).toBe(true);
});
