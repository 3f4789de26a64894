import { cp, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { timed } from './timed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Within the project, so that the program finds its packages, and out of the way of a build for publishing. */
export const cacheFolder = `${root}node_modules/.cache/maj-bench`;

/** Builds the program as it is published: users do not run it through a translator. The path of its command. */
export async function builtProgram(): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  await timed([process.execPath, tsc, '-p', `${root}tsconfig.build.json`, '--outDir', `${cacheFolder}/dist`]);
  // It reads its own version there.
  await cp(`${root}package.json`, `${cacheFolder}/package.json`);
  return `${cacheFolder}/dist/maj.js`;
}
