import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { escaped } from '../regular-expression.ts';
import { processStat } from './process-group.ts';

/**
 * Whether npm, which has called us, has the value of a setting from a file of its own or from the environment that it was
 * itself called in, and so not from its line. Where that cannot be told: yes.
 *
 * @param environment ours, which npm has made
 */
export function isNpmSetting(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const { npm_config_userconfig: user, npm_config_globalconfig: global } = environment;
  const project = environment['npm_config_local_prefix'];
  const files = [user, global, project === undefined ? undefined : join(project, '.npmrc')];
  const line = new RegExp(`^[ \\t]*${escaped(name)}[ \\t]*(?:=[ \\t]*(?!false\\b)\\S|$)`, 'm');
  if (files.some((path) => path !== undefined && line.test(readOr(path, '')))) return true;
  const npm = npmAbove(process.ppid);
  if (npm === undefined) return true;
  const given = readOr(`/proc/${npm}/environ`, undefined);
  // Set to nothing, or to false, it is not where the value comes from.
  const variable = `(?:^|\\0)npm_config_${escaped(name).replaceAll('-', '[-_]')}=(?!(?:false)?(?:\\0|$))`;
  return given === undefined || new RegExp(variable, 'i').test(given);
}

/**
 * The folder that the user called from: npm goes to that of the package before it runs a script, and says where it was in
 * INIT_CWD. A script that went elsewhere since has called us from there.
 *
 * @param environment ours
 */
export function callersFolder(
  environment: Readonly<Record<string, string | undefined>>,
  workingDir: string,
): string {
  const { INIT_CWD: from, npm_package_json: script } = environment;
  const isPackage = script !== undefined && dirname(script) === workingDir;
  return from !== undefined && isAbsolute(from) && isPackage ? from : workingDir;
}

/** npm renames its process to `npm run …`; between it and us there may be shells. */
function npmAbove(pid: number): number | undefined {
  for (let above = pid, steps = 0; above > 1 && steps < 6; steps += 1) {
    if (/^npm\b/.test(readOr(`/proc/${above}/cmdline`, ''))) return above;
    above = Number(processStat(above)?.[1] ?? 0);
  }
  return undefined;
}

function readOr<T>(path: string, otherwise: T): string | T {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
