import { posix } from 'node:path';
import { wrongUsage } from '../core/errors.ts';
import type { Config } from './settings.ts';

const commandNames = ['MAINTENANCE_ON', 'MAINTENANCE_OFF', 'MAINTENANCE_STATUS'] as const;

type Means =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'commands'; readonly on: string; readonly off: string; readonly status: string };

/**
 * How maintenance is switched, by the settings: pure.
 *
 * @throws MajError `maintenance-unclear` when both ways are set, or only some of the three commands;
 *   `maintenance-file-outside` when the file is not in the application
 */
export function maintenanceMeans(config: Config): Means {
  const {
    MAINTENANCE_FILE: file,
    MAINTENANCE_ON: on,
    MAINTENANCE_OFF: off,
    MAINTENANCE_STATUS: status,
  } = config;
  const given = commandNames.filter((name) => config[name] !== undefined);
  if (file !== undefined && given.length > 0)
    throw wrongUsage('maintenance-unclear', { given: ['MAINTENANCE_FILE', ...given], missing: [] });
  if (file !== undefined) {
    const path = posix.normalize(file);
    if (posix.isAbsolute(path) || path === '.' || path.startsWith('..') || path.endsWith('/'))
      throw wrongUsage('maintenance-file-outside', { path: file });
    return { kind: 'file', path };
  }
  if (on !== undefined && off !== undefined && status !== undefined)
    return { kind: 'commands', on, off, status };
  if (given.length === 0) return { kind: 'none' };
  throw wrongUsage('maintenance-unclear', {
    given,
    missing: commandNames.filter((name) => config[name] === undefined),
  });
}

/** The maintenance flag's path in the application; undefined when there is none. */
export function maintenanceFile(config: Config): string | undefined {
  const means = maintenanceMeans(config);
  return means.kind === 'file' ? means.path : undefined;
}
