import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isOlderSeries } from '../../../../scripts/sql/server-version.ts';
import type { TestServer } from '../../../helpers/servers.ts';

/** What a round trip is made with: everything of one kind that a server of this version has. */
export interface Theme {
  readonly name: string;
  /** Texts for the vendor's client, each for a session of its own. */
  readonly scripts: readonly Buffer[];
}

const folder = fileURLToPath(new URL('../../../fixtures/round-trips/', import.meta.url));

/**
 * The themes of a server. A theme is the files of one name: `views.sql` for every server, `views.mysql.sql` for a
 * flavour, `views.mariadb-11.8.sql` for a flavour from a version on.
 */
export function themesOf(server: TestServer): Theme[] {
  const themes = new Map<string, Buffer[]>();
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  for (const file of files.sort(commonFirst)) {
    const [, name = file, flavour, since] =
      /^([a-z0-9-]+?)(?:\.(mariadb|mysql)(?:-(\d+\.\d+))?)?\.sql$/.exec(file) ?? [];
    if (flavour !== undefined && flavour !== server.flavour) continue;
    if (since !== undefined && isOlderSeries(server.programs.version, since)) continue;
    themes.set(name, [...(themes.get(name) ?? []), readFileSync(folder + file)]);
  }
  return [...themes].map(([name, scripts]) => ({ name, scripts }));
}

/** The file for all servers makes what the others add to. */
function commonFirst(a: string, b: string): number {
  const parts = (name: string): number => name.split('.').length;
  return parts(a) - parts(b) || (a < b ? -1 : 1);
}
