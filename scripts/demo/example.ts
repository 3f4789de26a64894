import { existsSync } from 'node:fs';
import { refused } from '../errors.ts';

type Packages = typeof import('../../examples/intimemanager/package.mjs');
type Seed = typeof import('../../examples/intimemanager/seed.mjs');
type WebServer = typeof import('../../examples/intimemanager/web-server.mjs');

/** The example application's own tools. */
export type Example = Packages & Seed & WebServer;

const folder = new URL('../../examples/intimemanager/', import.meta.url);

/** The migrations of the example application, in the repository's top folder. */
export const exampleMigrations = new URL('../../migrations/', import.meta.url);

/**
 * Loads the example application's tools; they are in a clone of the repository, not in the published package.
 *
 * @throws MajError `demo-needs-clone`
 */
export async function loadExample(): Promise<Example> {
  if (!existsSync(folder)) throw refused('demo-needs-clone', {});
  const load = (name: string): Promise<unknown> => import(new URL(name, folder).href);
  return {
    ...((await load('package.mjs')) as Packages),
    ...((await load('seed.mjs')) as Seed),
    ...((await load('web-server.mjs')) as WebServer),
  };
}
