import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { clientFolder, useServer, type RunningServer, type TestServer } from './servers.ts';
import { maj } from './cli.ts';
import { temporaryFolder } from './context.ts';
import { gateRepository, repositoryAt, type GateRepository } from './gate-repository.ts';

/** A repository whose first commit was rehearsed, and so may be pushed to `deploy`. */
export interface RehearsedRepository extends GateRepository {
  /** The settings that it was rehearsed with. */
  readonly settings: string;
}

/**
 * Rehearses once, on a real server, before the tests of this block; each call of what it returns copies the repository, its
 * remote and its records.
 */
export function useRehearsed(server: TestServer): {
  readonly running: () => RunningServer;
  readonly copy: () => RehearsedRepository;
} {
  const running = useServer(server);
  let first: RehearsedRepository | undefined;
  beforeAll(async () => {
    const database = await running().createDatabase();
    const settings = [
      `DB_SOCKET=${running().socket}`,
      'DB_USER=root',
      `DB_NAME=${database}`,
      `CLIENT_BIN_DIR=${clientFolder(server) ?? ''}`,
      `REHEARSAL_SERVER=${server.binDir ?? 'auto'}`,
      '',
    ].join('\n');
    const repository = gateRepository(settings);
    const { code, stderr } = await maj(repository.folder, ['rehearse']);
    if (code !== 0) throw new Error(stderr);
    first = { ...repository, settings };
  });
  return {
    running,
    copy: () => {
      if (first === undefined) throw new Error('It is rehearsed before the tests.');
      const base = temporaryFolder('gate');
      const copied = repositoryAt(join(base, 'repository'), join(base, 'remote.git'));
      cpSync(first.folder, copied.folder, { recursive: true, preserveTimestamps: true });
      cpSync(first.remote, copied.remote, { recursive: true });
      copied.git('remote', 'set-url', 'origin', copied.remote);
      return { ...copied, settings: first.settings };
    },
  };
}
