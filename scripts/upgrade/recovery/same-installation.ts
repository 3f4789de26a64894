import type { Context } from '../../core/context.ts';
import { refused, unfinished } from '../../core/errors.ts';
import { addressText, mayBeSameServer, type ServerAddress } from '../../database/session/target.ts';
import { installationOf, type Installation } from '../installation.ts';
import type { RunState } from '../journal/state.ts';

/** What is another one than when a run was begun, as texts. */
export interface InstallationDifference {
  readonly what: 'database' | 'server' | 'application' | 'layout';
  readonly was: string;
  /** Undefined: not set. */
  readonly is: string | undefined;
  /** The options that name what was. */
  readonly options: readonly string[];
}

/**
 * Refuses to go on with a run, or to take it back, on another database or application than it was begun on. What its
 * journal does not tell, as older ones do not, is not compared.
 *
 * @param options `serverMoved`: the server has another address by now, and is the same
 * @throws MajError `other-installation`: exit code 6 for an unfinished run, 3 for one that has ended
 */
export async function refuseOtherInstallation(
  context: Pick<Context, 'config' | 'projectDir'>,
  state: Pick<RunState, 'run' | 'kind' | 'from' | 'to' | 'outcome' | 'installation'>,
  options: { readonly serverMoved: boolean },
): Promise<void> {
  if (state.installation === undefined) return;
  const differences = differencesOf(state.installation, await installationOf(context)).filter(
    ({ what }) => what !== 'server' || !options.serverMoved,
  );
  if (differences.length === 0) return;
  const { run, kind, from, to, outcome } = state;
  const refuse = outcome === 'unfinished' ? unfinished : refused;
  throw refuse('other-installation', { run, kind, from, to, differences });
}

/** What of an installation is another one now. What may be written in several ways is compared by what it means. Pure. */
export function differencesOf(was: Installation, is: Installation): InstallationDifference[] {
  return [
    ...databaseDifferences(was.database, is.database),
    ...treeDifferences(was.application, is.application),
  ];
}

function databaseDifferences(
  was: Installation['database'],
  is: Installation['database'],
): InstallationDifference[] {
  if (was === null) return [];
  const found: InstallationDifference[] = [];
  if (was.name !== is?.name)
    found.push({ what: 'database', was: was.name, is: is?.name, options: ['--db-name', was.name] });
  if (is !== null && !mayBeSameServer(was.address, is.address)) {
    const [before, now] = [addressText(was.address), addressText(is.address)];
    const options = addressOptions(was.address, is.address);
    found.push({ what: 'server', was: before, is: now, options });
  }
  return found;
}

function treeDifferences(
  was: Installation['application'],
  is: Installation['application'],
): InstallationDifference[] {
  if (was === null) return [];
  const found: InstallationDifference[] = [];
  // In the middle of a switch the tree is not there, and a link to it leads nowhere: one of the two is enough.
  if (was.path !== is?.path && was.real !== is?.real)
    found.push({ what: 'application', was: was.path, is: is?.path, options: ['--app-dir', was.path] });
  if (is !== null && was.layout !== is.layout)
    found.push({ what: 'layout', was: was.layout, is: is.layout, options: ['--app-layout', was.layout] });
  return found;
}

/** A socket is taken before host and port: where one is set now, it has to be set to nothing. */
const addressOptions = (was: ServerAddress, is: ServerAddress): string[] =>
  was.socket !== undefined
    ? ['--db-socket', was.socket]
    : [
        '--db-host',
        was.host,
        '--db-port',
        String(was.port),
        ...(is.socket !== undefined ? ['--db-socket', ''] : []),
      ];
