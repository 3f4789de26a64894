import { join } from 'node:path';
import { inStep, type Context } from '../core/context.ts';
import { refused, unsound } from '../core/errors.ts';
import { liveServer } from '../database/identity.ts';
import { readBytesSync } from '../system/symlink-safe-fs.ts';
import { fileFailed } from '../system/files.ts';
import { ownVersion } from '../system/process/own-version.ts';
import { capture } from '../system/process/processes.ts';
import {
  nodeVersion,
  parseRequirements,
  phpModules,
  phpVersion,
  requirementsFile,
  unmetRequirements,
  type Requirements,
  type InstalledSoftware,
} from './requirements.ts';
import type { ReleaseEntry } from './types.ts';

const mostBytes = 65_536;

/**
 * What an unpacked package says that it needs; nothing where it does not say.
 *
 * @param file the package, for errors
 * @throws MajError `requirements-invalid` (exit 4), with everything that is wrong
 */
export function readRequirements(
  file: string,
  folder: string,
  entries: readonly ReleaseEntry[],
): Requirements {
  const entry = entries.find(({ path }) => path === requirementsFile);
  if (entry === undefined) return {};
  if (entry.type !== 'file' || entry.bytes > mostBytes)
    throw unsound('requirements-no-file', { path: file, bytes: mostBytes });
  const { requirements, problems } = parseRequirements(textOf(join(folder, requirementsFile)));
  if (problems.length > 0) throw unsound('requirements-invalid', { path: file, problems });
  return requirements;
}

function textOf(path: string): string {
  try {
    return readBytesSync(path).toString('utf8');
  } catch (error) {
    throw fileFailed(path, 'read', error);
  }
}

/**
 * Checks that everything is there which a package needs; asks for what it needs only.
 *
 * @param installed the installed version: null where none can be read; undefined where nothing is installed
 * @throws MajError `requirements-unmet` (exit 3), with everything that is missing and what is there instead
 */
export async function checkRequirements(
  context: Context,
  needs: Requirements,
  version: string,
  installed: string | null | undefined,
): Promise<void> {
  if (Object.keys(needs).length === 0) return;
  await inStep(context, 'check-requirements', { version }, async () => {
    const unmet = unmetRequirements(needs, await lookAround(context, needs, installed));
    if (unmet.length > 0) throw refused('requirements-unmet', { version, unmet });
  });
}

async function lookAround(
  context: Context,
  needs: Requirements,
  installed: string | null | undefined,
): Promise<InstalledSoftware> {
  const ask = async (program: string, option: string): Promise<string> =>
    (await capture(context, program, [option])).stdout;
  const asksPhp = needs.php !== undefined || needs.phpExtensions !== undefined;
  return {
    maj: await ownVersion(),
    installed,
    php: asksPhp ? phpVersion(await ask('php', '-v')) : undefined,
    phpExtensions: needs.phpExtensions === undefined ? [] : phpModules(await ask('php', '-m')),
    node: needs.node === undefined ? undefined : nodeVersion(await ask('node', '-v')),
    server: needs.servers === undefined ? undefined : await liveServer(context),
  };
}
