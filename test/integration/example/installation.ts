import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { seedDatabase } from '../../../examples/intimemanager/seed.mjs';
import { Secret } from '../../../scripts/config/types.ts';
import { withSession, type Row, type Session } from '../../../scripts/database/session/session.ts';
import { capture, type Captured } from '../../../scripts/system/process/processes.ts';
import { temporaryFolder, testContext } from '../../helpers/context.ts';
import type { RunningServer, TestServer } from '../../helpers/servers.ts';

const password = `pw-'"\\-é`;
const context = testContext();
const root = temporaryFolder('example');

/** A database of the example's, entered by a user who may do everything in it and nothing elsewhere. */
export interface Installation {
  /** Holds the unpacked releases and the `.env`. */
  readonly folder: string;
  readonly envFile: string;
  /** Unpacks a package with the `.env` in it, as `release-<version>`; its folder. */
  unpack(version: string, packages: string): Promise<string>;
  /** Runs the migrations of an unpacked release whose numbers lie in a range, with the vendor's client. */
  migrate(release: string, first: string, last: string): Promise<Captured>;
  /** Fills the database with the example's rows. */
  seed(rows: number): Promise<void>;
  rows(sql: string): Promise<Row[]>;
}

/** Makes the database, its user and its folder. */
export async function newInstallation(server: TestServer, running: RunningServer): Promise<Installation> {
  const database = await running.createDatabase();
  const user = `${database}_app`;
  await createUser(await running.adminSession(), database, user);
  const folder = join(root, database);
  await mkdir(folder);
  const envFile = join(folder, '.env');
  const settings = { DB_SOCKET: running.socket, DB_NAME: database, DB_USER: user, DB_PASSWORD: password };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(envFile, lines.join(''), { mode: 0o600 });
  const optionFile = join(folder, 'client.cnf');
  const quoted = password.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  await writeFile(
    optionFile,
    `[client]\nsocket=${running.socket}\nuser=${user}\npassword="${quoted}"\ndefault-character-set=utf8mb4\n`,
    { mode: 0o600 },
  );
  const target = { ...running.target(database), user, password: new Secret(password) };

  return {
    folder,
    envFile,
    unpack: async (version, packages) => {
      const release = join(folder, `release-${version}`);
      await mkdir(release);
      const archive = join(packages, `intimemanager-${version}.tar.gz`);
      await capture(context, 'tar', ['-xzf', archive, '-C', release, '--strip-components', '1']);
      await writeFile(join(release, '.env'), lines.join(''), { mode: 0o600 });
      return release;
    },
    migrate: async (release, first, last) => {
      const files = (await readdir(join(release, 'migrations'))).sort();
      const wanted = files.filter((file) => file >= first && file.slice(0, 3) <= last);
      let exit: Captured = { code: 1, signal: null, stdout: '', stderr: 'There is no such migration.' };
      for (const file of wanted) {
        const input = await readFile(join(release, 'migrations', file));
        exit = await capture(context, client(server), [`--defaults-file=${optionFile}`, database], { input });
        if (exit.code !== 0) break;
      }
      return exit;
    },
    seed: async (rows) => {
      await seedDatabase(envFile, { rows });
    },
    rows: (sql) => withSession(context, target, (session) => session.rows(sql)),
  };
}

async function createUser(session: Session, database: string, user: string): Promise<void> {
  const literal = password.replaceAll('\\', '\\\\').replaceAll("'", "''");
  await session.run(`CREATE USER '${user}'@'localhost' IDENTIFIED BY '${literal}'`);
  await session.run(`GRANT ALL ON \`${database}\`.* TO '${user}'@'localhost'`);
}

/** The vendor's client that belongs to a server program. */
function client(server: TestServer): string {
  const name = server.flavour === 'mariadb' ? 'mariadb' : 'mysql';
  const folder = dirname(server.programs.server);
  const found = [folder, join(folder, '..', 'bin')].find((place) => existsSync(join(place, name)));
  if (found === undefined) throw new Error(`There is no ${name} client beside ${server.programs.server}.`);
  return join(found, name);
}
