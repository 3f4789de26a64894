import { describe, expect, test } from 'vitest';
import { serviceCalls, serviceSettings } from '../../../scripts/application/services.ts';
import { parseSettings } from '../../../scripts/config/parse.ts';
import type { Config } from '../../../scripts/config/settings.ts';

type Settings = Partial<Pick<Config, 'APP_SERVICES' | 'APP_STOP_COMMAND' | 'APP_START_COMMAND'>>;

const none = {
  APP_SERVICES: undefined,
  APP_STOP_COMMAND: undefined,
  APP_START_COMMAND: undefined,
  APP_DB_ACCOUNTS: undefined,
};
const commands = { APP_STOP_COMMAND: 'stop it', APP_START_COMMAND: 'start it' };
const stop = { setting: 'APP_STOP_COMMAND', command: 'stop it' };
const start = { setting: 'APP_START_COMMAND', command: 'start it' };
const unit = (verb: 'stop' | 'start', name: string): unknown => ({
  setting: 'APP_SERVICES',
  verb,
  unit: name,
});

describe('services', () => {
  test.each<[string, Settings, { stop: unknown[]; start: unknown[] }]>([
    ['that are not managed are left alone', {}, { stop: [], start: [] }],
    ['are stopped and started by commands', commands, { stop: [stop], start: [start] }],
    [
      'are started in the reverse order',
      { APP_SERVICES: ['a.service', 'b.timer'] },
      {
        stop: [unit('stop', 'a.service'), unit('stop', 'b.timer')],
        start: [unit('start', 'b.timer'), unit('start', 'a.service')],
      },
    ],
    [
      'of both kinds: what the command stops may need the units',
      { ...commands, APP_SERVICES: ['a.service'] },
      { stop: [stop, unit('stop', 'a.service')], start: [unit('start', 'a.service'), start] },
    ],
  ])('%s', (_, settings, expected) => {
    expect(serviceCalls({ ...none, ...settings })).toEqual(expected);
  });

  test.each<[Settings, string, string]>([
    [{ APP_STOP_COMMAND: 'x' }, 'APP_STOP_COMMAND', 'APP_START_COMMAND'],
    [{ APP_START_COMMAND: 'x' }, 'APP_START_COMMAND', 'APP_STOP_COMMAND'],
  ])('that could only be stopped, or only be started, are refused: %o', (settings, given, missing) => {
    expect(() => serviceCalls({ ...none, ...settings })).toThrow(`${given} is set, and ${missing} is not.`);
  });

  test('are told by the settings that name them', () => {
    expect(serviceSettings(none)).toEqual([]);
    expect(serviceSettings({ ...none, ...commands, APP_SERVICES: ['a', 'b'] })).toEqual([
      'APP_STOP_COMMAND',
      'APP_SERVICES',
    ]);
  });
});

test.each<[string, readonly string[] | 'refused']>([
  ['ghost.service', ['ghost.service']],
  [' ghost , worker@1.timer', ['ghost', 'worker@1.timer']],
  [String.raw`dev-disk\x2dby.mount`, [String.raw`dev-disk\x2dby.mount`]],
  ['--now', 'refused'],
  ['-H,evil', 'refused'],
  ['a b', 'refused'],
  ['a*', 'refused'],
  ['a;b', 'refused'],
])('“%s” as units', (text, expected) => {
  const parsed = parseSettings({ APP_SERVICES: text }, []);
  expect(parsed.ok ? parsed.config.APP_SERVICES : 'refused').toEqual(expected);
});
