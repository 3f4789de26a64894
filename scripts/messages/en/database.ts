import { oneLine } from '../../core/format.ts';
import type { TableToLock } from '../../dump/preflight.ts';
import { traits, type Flavour } from '../../sql/flavour.ts';
import type { Stranger } from '../../sql/server-version.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';
import { fragileText } from './fragile-values.ts';

const rowCount = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`;

/** How an administrator gives sessions the default of a setting again. */
function settingBack(name: string): string {
  if (name.startsWith('character_set_'))
    return 'start the server without skip-character-set-client-handshake';
  // A limit of joins switches it off.
  return `SET GLOBAL ${name === 'sql_big_selects' ? 'max_join_size' : name} = DEFAULT`;
}

/** How a program of a flavour is installed, a line a system. */
const serverInstall: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: [
    'Debian, Ubuntu: apt-get install mariadb-server-core mariadb-client',
    'Fedora, RHEL: dnf install mariadb-server mariadb',
    'Alpine: apk add mariadb mariadb-client',
    'macOS: brew install mariadb',
  ],
  mysql: [
    'Ubuntu: apt-get install mysql-server-core-8.0 mysql-client-core-8.0',
    'Debian: apt-get install mysql-community-server-core mysql-community-client (from https://repo.mysql.com)',
    'Fedora, RHEL: dnf install mysql-server mysql',
    'Alpine has none: unpack the archive from https://dev.mysql.com/downloads/',
    'macOS: brew install mysql',
  ],
};

const clientInstall: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: [
    'Debian, Ubuntu: apt-get install mariadb-client',
    'Fedora, RHEL: dnf install mariadb',
    'Alpine: apk add mariadb-client',
    'macOS: brew install mariadb',
  ],
  mysql: [
    'Ubuntu: apt-get install mysql-client',
    'Debian: apt-get install mysql-community-client (from https://repo.mysql.com)',
    'Fedora, RHEL: dnf install mysql',
    'Alpine has none: unpack the archive from https://dev.mysql.com/downloads/',
    'macOS: brew install mysql-client',
  ],
};

/** What lets an account change a setting of its own session that not everybody may change. */
const setsSettings: Readonly<Record<Flavour, string>> = {
  mariadb: 'SUPER',
  mysql: 'SESSION_VARIABLES_ADMIN',
};

const readsRoutines: Readonly<Record<Flavour, string>> = {
  mariadb: 'GRANT SELECT ON mysql.proc TO that user',
  mysql: 'GRANT SHOW_ROUTINE ON *.* TO that user (MySQL 8.0.20 and later; before: SELECT ON *.*)',
};

/** Why a server that speaks the protocol is refused, and what keeps its data instead. Each of its vendor's manual. */
const strangers: Readonly<Record<Stranger, readonly [reason: string, instead: string]>> = {
  'Amazon Aurora': [
    'its server runs nowhere but at Amazon, so that no copy of it can be made here to prove a backup on',
    'Keep its data by its own snapshots, and rehearse on a clone of the cluster; or use Amazon RDS for MySQL or MariaDB',
  ],
  TiDB: [
    'it has no routines, triggers and events, and changes tables in another way',
    'Keep its data by its own tools (BR, Dumpling, TiDB Lightning)',
  ],
  Vitess: [
    'its tables may lie on several servers, of which it shows no common snapshot',
    'Keep its data by its own backups, and change tables by its own schema changes',
  ],
  SingleStore: [
    'it has no triggers and no foreign keys, and keeps tables in another way',
    'Keep its data by its own BACKUP DATABASE',
  ],
  OceanBase: [
    'a dump by MySQL’s program does not hold all of it',
    'Keep its data by its own tools (OBDUMPER, OBLOADER, its physical backup)',
  ],
  StarRocks: [
    'it is made for analysis, and has no transactions over statements',
    'Keep its data by its own BACKUP',
  ],
  'Apache Doris': [
    'it is made for analysis, and has no transactions over statements',
    'Keep its data by its own BACKUP',
  ],
};

const indented = (lines: readonly string[]): string => lines.map((line) => `\n  - ${oneLine(line)}`).join('');

const foundInstead = (found: readonly string[]): string =>
  found.length === 0 ? '' : ` Found instead: ${found.join(', ')}.`;

/** `a (MyISAM), b (MEMORY)`. */
const engines = (tables: readonly TableToLock[]): string =>
  tables.map(({ name, engine }) => `${name} (${engine})`).join(', ');

/** `'user'@'host'`, of `user@host`. */
export const accountText = (account: string): string => `'${account.replace(/@(?=[^@]*$)/, "'@'")}'`;

/** What the modes risk that prove nothing. */
const unprovenRisk =
  'DB_SSL_MODE=required encrypts, but does not check which server answers; preferred may not even encrypt. Then somebody between here and the server can answer in its place, learn the password, and read and change all data.';

/** What database/ says, in English. */
export const database = {
  errors: {
    'database-unreachable': (facts) => ({
      message: `The database server at ${facts.address} does not answer: ${facts.reason}`,
      hint: 'Check that it runs, and DB_HOST and DB_PORT, or DB_SOCKET.',
    }),
    'database-lost': (facts) => ({
      message: `The connection to the database server at ${facts.address} was cut: ${facts.reason}`,
      hint: 'Look into the server’s log for who ended it, and run the command again.',
    }),
    'database-access-denied': (facts) => ({
      message: `The database server at ${facts.address} does not let ${facts.user} in (${facts.withPassword ? 'with' : 'without'} a password): ${facts.reason}`,
      hint: 'Check DB_USER and DB_PASSWORD (in .env a value with # or blanks needs quotes), and that this user may enter from this host.',
    }),
    'database-missing': (facts) => ({
      message: `There is no database ${facts.database} on the server at ${facts.address}.`,
      hint: 'Check DB_NAME; names may differ in upper and lower case.',
    }),
    'server-not-supported': ({ address, stranger, version }) => ({
      message: `The server at ${address} is ${stranger} (${version}). It speaks MySQL’s protocol, but is neither MariaDB nor MySQL: ${strangers[stranger][0]}.`,
      hint: `${strangers[stranger][1]}. maj works with MariaDB, MySQL and Percona Server: check that DB_HOST and DB_PORT lead to the server that you mean.`,
    }),
    'database-tls': (facts) => ({
      message: `No encrypted connection to ${facts.address}, which DB_SSL_MODE=${facts.mode}${facts.mode === 'auto' ? ' (server on another machine)' : ''} asks for: ${facts.reason}`,
      hint: `Let the server encrypt (ssl_cert and ssl_key in its settings). ${unprovenRisk}`,
    }),
    'database-unproven': (facts) => ({
      message: `The server at ${facts.address} did not prove that it is the right one, so the password was not sent. DB_SSL_MODE=${facts.mode}${facts.mode === 'auto' ? ' (server on another machine)' : ''} asks for that proof. The reason: ${facts.reason}`,
      hint: `${facts.ca === undefined ? 'Name the authority that signed its certificate: DB_SSL_CA=/path/to/ca.pem.' : `Check that its certificate is signed by ${facts.ca} (DB_SSL_CA) and is made for the name in DB_HOST.`} MySQL’s own authority is ca.pem in its data folder. Copy it in a way that you trust, and set DB_SSL_MODE=verify-ca: the certificates that MySQL makes name no host. Database providers publish their authority (Amazon RDS: https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). ${unprovenRisk}`,
    }),
    'database-password-kept': (facts) => ({
      message:
        facts.asked === 'clear'
          ? `The server at ${facts.address} asks for the password in clear (mysql_clear_password). It was not sent: whoever answers in the server’s place would learn it.`
          : `The server at ${facts.address} does not encrypt the connection, and asks for the password under a key that it names itself. It was not sent: whoever answers in the server’s place would learn it.`,
      hint:
        facts.asked === 'clear'
          ? 'Give DB_USER a way to enter that keeps the password: caching_sha2_password (MySQL) or mysql_native_password (MariaDB).'
          : 'Let the server encrypt (MySQL does unless told not to), or set DB_SOCKET. Where it is on this machine, and you trust all its users: DB_SSL_MODE=disabled.',
    }),
    'server-programs-missing': (facts) => ({
      message: `The programs of a ${facts.flavour === undefined ? 'MariaDB or MySQL' : traits.name[facts.flavour]} server, which the throwaway server is started with, were not found ${facts.folder === undefined ? 'on PATH' : `in ${facts.folder}`}.${foundInstead(facts.found)}`,
      hint: `${facts.folder === undefined ? 'Install them (no service needs to run), or name their folder in REHEARSAL_SERVER:' : 'Correct REHEARSAL_SERVER, or leave it out: then they are looked for on PATH. To install them (no service needs to run):'}${indented(
        facts.flavour === undefined
          ? [...serverInstall.mariadb, ...serverInstall.mysql]
          : serverInstall[facts.flavour],
      )}`,
    }),
    'install-db-missing': (facts) => ({
      message: `The program mariadb-install-db, which belongs to ${facts.server}, was not found.`,
      hint: 'On Debian and Ubuntu it is in the package mariadb-server-core; it must be on PATH or near the server program.',
    }),
    'clients-missing': (facts) => ({
      message: `The program ${facts.missing} of ${traits.name[facts.flavour]} was not found ${facts.folder === undefined ? 'on PATH' : `in ${facts.folder}`}.${foundInstead(facts.found)}${facts.through ? ' The throwaway server runs on this machine, where CLIENT_COMMAND does not reach it.' : ''}`,
      hint: `The client must be of the server’s own kind. ${facts.folder === undefined ? 'Install it, or name its folder in CLIENT_BIN_DIR:' : 'Correct CLIENT_BIN_DIR, or leave it out: then it is looked for on PATH. To install it:'}${indented(clientInstall[facts.flavour])}`,
    }),
    'client-command-failed': (facts) => ({
      message: `CLIENT_COMMAND (${facts.command}) does not lead to ${facts.program} of ${traits.name[facts.flavour]}.${foundInstead(facts.found)}${facts.words === '' ? '' : ` It says: ${facts.words}`}`,
      hint: `Check it by hand: echo '${facts.program} --version' | ${facts.command} sh. It must pass standard input on (docker exec needs -i, and no -t), print nothing of its own, and find ${facts.program} and sh on its PATH.`,
    }),
    'cache-not-private': (facts) => ({
      message: `The folder ${facts.path} belongs to someone else, or others may write to it.`,
      hint: 'Set XDG_CACHE_HOME to a folder of your own.',
    }),
    'dump-failed': (facts) => ({
      message: `${facts.program} failed (${facts.exit})${facts.output === '' ? '.' : `: ${facts.output}`}`,
      hint: 'Its own words above say what it could not read. If a privilege is missing, grant it to DB_USER.',
    }),
    'definition-hidden': (facts) => ({
      message: `The definition of ${facts.kind.toLowerCase()} ${facts.name} cannot be read by DB_USER.`,
      hint: 'On MySQL: GRANT SHOW_ROUTINE ON *.* TO that user; on MariaDB: GRANT SHOW CREATE ROUTINE (11.3 and later) or SELECT ON mysql.proc.',
    }),
    'client-flavour': (facts) => ({
      message: `${facts.program} is ${traits.name[facts.client]}’s, and the server is ${facts.server}: a dump across the two is not whole.`,
      hint: 'Install the clients of the server’s own kind, or name their folder in CLIENT_BIN_DIR.',
    }),
    'privileges-missing': (facts) => ({
      message: `${facts.user} may not back up all of ${facts.database}: it lacks ${facts.missing.join(', ')}, and what it cannot see would be left out.`,
      hint: `As an administrator: GRANT ${facts.missing.join(', ')} ON \`${facts.database}\`.* TO ${accountText(facts.user)};`,
    }),
    'tables-unreadable': (facts) => ({
      message: `The server cannot read these tables:${indented(facts.tables)}`,
      hint: 'Repair or drop them first; a backup that leaves them out would not be one.',
    }),
    'outside-snapshot': (facts) => ({
      message: `No snapshot covers these tables, so they must be locked during the backup, and ${facts.user} lacks LOCK TABLES: ${engines(facts.tables)}.`,
      hint: `As an administrator: ALTER TABLE … ENGINE=InnoDB for each of them, or GRANT LOCK TABLES ON \`${facts.database}\`.* TO ${accountText(facts.user)};`,
    }),
    'tables-not-locked': (facts) => ({
      message:
        facts.waited === undefined
          ? `These tables could not be locked for the backup: ${engines(facts.tables)}. ${facts.reason}`
          : `These tables could not be locked for the backup within ${facts.waited} s, since someone writes to them: ${engines(facts.tables)}.${facts.others.length === 0 ? '' : ` In the database are:${indented(facts.others)}`}`,
      hint: 'Take the backup when nothing long runs there, or make them tables that a snapshot covers: ALTER TABLE … ENGINE=InnoDB.',
    }),
    'dump-held-up': (facts) => ({
      message: `No backup was made. These tables were locked for it, and somebody waits to write to them: ${engines(facts.tables)}. On MariaDB the dump would then wait for ever. The locks are released.`,
      hint: 'Take the backup when nobody writes to these tables. Or as an administrator: GRANT RELOAD ON *.* TO DB_USER, so that writers do not stop the dump; or ALTER TABLE … ENGINE=InnoDB, so that a snapshot covers the tables.',
    }),
    'table-locks-lost': (facts) => ({
      message: `The server let go of the locked tables while the dump ran (${facts.reason}); they may be half in it: ${engines(facts.tables)}. No backup was made.`,
      hint: 'Take it again; the server’s log says why it ended the connection.',
    }),
    'name-not-dumpable': (facts) => ({
      message: `${facts.program} cannot dump the events and routines of a database whose name holds quotes or backslashes: ${facts.database}.`,
      hint: 'Move the tables to a database with a plainer name.',
    }),
    'history-not-dumped': (facts) => ({
      message: `${facts.program} is too old to dump the history of system-versioned tables: ${facts.tables.join(', ')}.`,
      hint: 'Install the clients of MariaDB 10.11 or later, or name their folder in CLIENT_BIN_DIR.',
    }),
    'dump-settings': (facts) => ({
      message: `The server gives a connection of ${facts.user} settings in which ${facts.program} would leave something out, or stop:${indented(facts.settings.map(({ name, value, needed }) => `${name} = ${value} (needed: ${needed})`))}\n${facts.program} cannot be told otherwise.`,
      hint: `As an administrator: ${facts.settings.map(({ name }) => settingBack(name)).join('; ')}; or take what sets it out of init_connect; or give ${facts.user} the privilege CONNECTION ADMIN, with which init_connect does not run.`,
    }),
    'load-settings': (facts) => ({
      message: `With these settings, a restore would make tables that differ from those in the backup. ${facts.user} may not change these settings for its own session:${indented(facts.settings.map(({ name, value }) => `${name} = ${value}`))}`,
      hint: `As an administrator: ${facts.settings.map(({ name }) => `SET GLOBAL ${name} = DEFAULT`).join('; ')} while the restore runs; or GRANT ${setsSettings[facts.flavour]} ON *.* TO that user.`,
    }),
    'rows-missing': (facts) => ({
      message: `Rows of these tables are missing in the dump, or there are too many, though nobody has written to them meanwhile:${indented(facts.tables.map(({ table, dumped, counted }) => `${table}: ${rowCount(dumped)} of ${counted}`))}`,
      hint: 'Something cuts what the dump program reads. Look for what a connection of DB_USER is given (SHOW SESSION VARIABLES, init_connect, a proxy in between), and take the backup again.',
    }),
    'views-broken': (facts) => ({
      message: `These views do not work, and a dump would stop at them:${indented(facts.views)}`,
      hint: 'Correct each of them, or drop it if nothing uses it; SHOW CREATE VIEW prints its text.',
    }),
    'routines-hidden': (facts) => ({
      message: `DB_USER may not read the text of these routines, and they would be left out: ${facts.routines.join(', ')}.`,
      hint: `As an administrator: ${readsRoutines[facts.flavour]}.`,
    }),
    'events-unending': (facts) => ({
      message: `The text, name or comment of these events holds \`;;\`, for which the dump programs never end: ${facts.events.join(', ')}.`,
      hint: "Write each of them anew without two semicolons in a row: in a text, CONCAT(';', ';').",
    }),
    'programs-garbled': (facts) => ({
      message: `The names or comments of these hold letters beyond ASCII, and they were made by a client of another charset than UTF-8. The dump programs write them wrongly, and they would come back garbled:${indented(facts.programs)}`,
      hint: 'Drop each of them and create it again after SET NAMES utf8mb4, or with a name and comment in ASCII.',
    }),
    'throwaway-failed': (facts) => ({
      message: `The throwaway server (${facts.server}) could not be ${facts.doing === 'start' ? 'started' : 'set up'}. Its own last words:\n${facts.words}`,
      hint: 'Check that its programs are whole and that the disk of TMPDIR has space; REHEARSAL_SERVER names another one.',
    }),
    'throwaway-user': (facts) =>
      facts.closed === undefined
        ? {
            message:
              'The program setpriv of the package util-linux was not found. When maj runs as root, it needs setpriv to run the throwaway server as a user of its own.',
            hint: 'Install util-linux (apt install util-linux, apk add setpriv), or run maj as another user than root.',
          }
        : {
            message: `Only root may pass through ${facts.closed}. When maj runs as root, the throwaway server runs as a user of its own, and that user has to pass there.`,
            hint: `Set TMPDIR to a folder, or REHEARSAL_SERVER to server programs, that every user can reach. Or let users pass: chmod o+x ${facts.closed}`,
          },
  } satisfies Partial<ErrorTexts>,
  steps: {
    'start-throwaway': (facts) => `Start a throwaway server (${facts.server})`,
  } satisfies Partial<StepTexts>,
  notes: {
    'client-older': (facts) =>
      `${facts.program} (${facts.version}) is older than the server (${facts.server}); the proof will tell whether its dump is whole.`,
    'floats-rounded': (facts) =>
      `A dump holds the six digits of a FLOAT that the server prints, and a restore brings back no more:${indented(facts.columns.map(fragileText))}\nWhere more digits matter: ALTER TABLE … MODIFY … DOUBLE.`,
    'zoned-by-hand': (facts) =>
      `The server computes these columns from times, in its time zone (${facts.timeZone}). \`maj restore\` does, too; the vendor's client loads a dump in UTC, and then these rows differ:${indented(facts.columns.map(({ table, column, inUtc }) => `${table}.${column}: ${rowCount(inUtc)}`))}\nAfter a restore by hand, in a session of that zone: ALTER TABLE … FORCE, ALGORITHM=COPY.`,
    'zoned-otherwise': (facts) =>
      `Rows that were written by sessions of another time zone than the server's (${facts.timeZone}) hold values that no restore brings back:${indented(facts.columns.map(({ table, column, inOwnZone }) => `${table}.${column}: ${rowCount(inOwnZone)}`))}\nWhere they matter: keep them in ordinary columns.`,
    'tables-locked': (facts) =>
      `No snapshot covers these tables; whoever writes to them waits until the dump has ended: ${engines(facts.tables)}.`,
  } satisfies Partial<NoteTexts>,
  results: {},
};
