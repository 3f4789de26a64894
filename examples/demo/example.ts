import * as packages from '../intimemanager/package.mjs';
import * as seed from '../intimemanager/seed.mjs';
import * as webServer from '../intimemanager/web-server.mjs';

/** The example application's own tools. */
export const example = { ...packages, ...seed, ...webServer };
export type Example = typeof example;

/** The migrations of the example application, in the repository's top folder. */
export const exampleMigrations = new URL('../../migrations/', import.meta.url);
