import { describe, expect, it } from 'vitest';
import { maintenanceMeans } from '../../../scripts/config/maintenance-means.ts';
import { parseSettings } from '../../../scripts/config/parse.ts';
import { MajError } from '../../../scripts/core/errors.ts';

function means(settings: Readonly<Record<string, string>>): string {
  const parsed = parseSettings(settings, []);
  if (!parsed.ok) throw new Error('The settings of the test are not valid.');
  try {
    return maintenanceMeans(parsed.config).kind;
  } catch (error) {
    return error instanceof MajError ? error.code : String(error);
  }
}

describe('how maintenance is switched', () => {
  const commands = { MAINTENANCE_ON: 'on', MAINTENANCE_OFF: 'off', MAINTENANCE_STATUS: 'status' };

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['nothing set', {}, 'none'],
    ['a file', { MAINTENANCE_FILE: 'storage/down' }, 'file'],
    ['all three commands', commands, 'commands'],
    ['two of the commands', { MAINTENANCE_ON: 'on', MAINTENANCE_OFF: 'off' }, 'maintenance-unclear'],
    ['both ways', { ...commands, MAINTENANCE_FILE: 'down' }, 'maintenance-unclear'],
    ['an absolute file', { MAINTENANCE_FILE: '/tmp/down' }, 'maintenance-file-outside'],
    ['a file outside', { MAINTENANCE_FILE: '../down' }, 'maintenance-file-outside'],
    ['the application itself', { MAINTENANCE_FILE: './' }, 'maintenance-file-outside'],
  ])('is clear or refused: %s', (_, settings, expected) => {
    expect(means(settings)).toBe(expected);
  });
});
