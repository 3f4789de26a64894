import type { OwnFolder, Stranger } from '../../config/own-folders.ts';
import type { SettingProblem } from '../../config/parse.ts';
import { nameList } from '../../core/format.ts';
import type { ErrorTexts, NoteTexts } from '../texts.ts';

interface Changeable {
  readonly path: string;
  readonly stranger: Stranger;
  readonly owner: number;
  readonly uid: number;
}

const mayChange = ({ stranger, owner }: Pick<Changeable, 'stranger' | 'owner'>): string =>
  ({
    owner: `it belongs to another user (${owner})`,
    writable: 'every user of this machine may write to it',
    group: 'its group may write to it',
  })[stranger];

const makeOurs = ({ path, stranger, uid }: Changeable): string =>
  ({
    owner: `Run maj as that user, or make it yours: chown ${uid} ${path}`,
    writable: `Take that from them: chmod o-w ${path}`,
    group: `Take that from them: chmod g-w ${path}`,
  })[stranger];

const kept: Readonly<Record<OwnFolder, string>> = {
  backups: 'its backups',
  state: 'its records',
  area: 'the trees that it prepares and those that it replaced',
};

/** What a problem with a setting says. */
function problemText(problem: SettingProblem): string {
  switch (problem.kind) {
    case 'unknown':
      return `${problem.name} is not a setting${problem.nearest === undefined ? '' : `; did you mean ${problem.nearest}?`}`;
    case 'invalid':
      return `${problem.name} must be ${problem.expected}`;
    case 'both':
      return `${problem.name} and ${problem.other} are both given: keep one`;
    case 'no-value':
      return `${problem.name} asks in .env for ${problem.asked.length === 0 ? 'a name in ${…}' : problem.asked.map((name) => `\${${name}}`).join(', ')}, which has no value in .env${problem.environment ? ' or the environment' : ' (for this setting the environment does not count)'}. Single quotes around the value keep it as it is`;
    case 'bad-url':
      return 'DATABASE_URL must look like mysql://user:password@host:3306/name, with % and other special characters written as %25 and so on';
  }
}

/** The settings: a sentence each, and what can be wrong with them. */
export const settings = {
  sentences: {
    DATABASE_URL:
      'The database in one address, instead of the DB_ settings (mysql://user:password@host:port/name).',
    DB_HOST: 'Host of the database server.',
    DB_PORT: 'Port of the database server.',
    DB_SOCKET: 'Unix socket of the database server; used instead of host and port.',
    DB_NAME: 'Name of the application’s database.',
    DB_USER: 'Database user that may do everything on that database.',
    DB_PASSWORD: 'Password of that user; never given as an option.',
    DB_SSL_MODE:
      'Encryption of the connection. auto: verify, but preferred where DB_HOST is localhost, 127.… or ::1; verify: only to a server whose certificate is for DB_HOST and signed by DB_SSL_CA; verify-ca: signed by DB_SSL_CA, for whatever name; required: encrypted, to whoever answers; preferred: encrypted where the server can; disabled: not.',
    DB_SSL_CA:
      'Certificate authority of the server, as a PEM file; if not set, those that the system trusts. With CLIENT_COMMAND the file must be there, too.',
    DB_SQL_MODE:
      'sql_mode that the application itself uses; migrations run in it. `DB_SQL_MODE=` is the empty mode. If not set: the server’s own.',
    APP_DIR: 'Folder of the installed application.',
    APP_LAYOUT:
      'in-place: APP_DIR is the application; releases: APP_DIR/current links to the installed release.',
    APP_VERSION_FILE:
      'File in the application that holds its version: in its first line, or as “version” of a package.json or composer.json.',
    APP_VERSION_PATTERN:
      'Regular expression that finds the version in any other file: its first group is the version, or all that it matches.',
    APP_PERSIST: 'Files and folders of the application that stay across upgrades.',
    APP_HEALTH_URL:
      'Page that answers when the application and its database work; it must answer during maintenance too.',
    APP_HEALTH_TEXT:
      'Text that the page must hold; {version} stands for the expected version, {major}, {minor} and {patch} for its numbers.',
    APP_HEALTH_TIMEOUT: 'How long the application may take to become healthy.',
    APP_SMOKE_COMMAND: 'Command that tests the main functions; it passes when it exits with 0.',
    APP_LOGS: 'Log files in which new errors after an upgrade count as a failure.',
    APP_DEPENDENCIES_COMMAND: 'Command that installs dependencies, run in the new release before the switch.',
    APP_CACHE_COMMAND: 'Command that clears the application’s cache after the switch.',
    APP_SERVICES:
      'systemd units of the application (its server, queue workers, timers), which are stopped while an upgrade or a restore works on the database. They are stopped in this order, and started in reverse.',
    APP_STOP_COMMAND:
      'Command that stops the application, or those parts of it that write to the database, while an upgrade or a restore works on the database. Use it for what no systemd unit runs.',
    APP_START_COMMAND: 'Command that starts again what APP_STOP_COMMAND stops.',
    APP_DB_ACCOUNTS:
      'Names of the database accounts that the application connects as, without a host. They are locked, and their connections ended, while an upgrade or a restore works on the database. DB_USER must have another name, and the privileges that docs/applications.md names.',
    APP_COMMAND_TIMEOUT:
      'How long a command of the application (dependencies, cache, stop, start, smoke test, maintenance) may take before it is ended.',
    APP_USER:
      'User that the web server runs the application as. Where maj runs as root, the application’s commands run as this user; if not set, as the owner of the application. `maj status` checks permissions for this user; if not set, for www-data where there is one, else for the owner of the application.',
    APP_COMMANDS_AS_ROOT:
      'yes: where maj runs as root, the application’s commands run as root: whoever can write to the application becomes root.',
    MAINTENANCE_FILE: 'File whose presence puts the application into maintenance; relative to APP_DIR.',
    MAINTENANCE_ON: 'Command that starts maintenance, instead of MAINTENANCE_FILE.',
    MAINTENANCE_OFF: 'Command that ends maintenance.',
    MAINTENANCE_STATUS: 'Command that exits with 0 while maintenance is on.',
    MAINTENANCE_DRAIN:
      'How long to wait, once maintenance is on, for what still runs in the database to end.',
    MIGRATIONS_DIR:
      'Folder of the migration scripts: in the package, else in the project folder, else in APP_DIR. Scripts of the last two run only if no other account may write to them. An absolute path is used as it is, unless it lies in APP_DIR: then each release has that folder for itself.',
    MIGRATIONS_PATTERN:
      'Regular expression that the whole name of a script must match. Its first group is the version; a second group, if there is one, is the words. If not set, these forms are known: 012_words.sql, 20240101120000_words.sql, 1.2.3.sql, 16.0.0-17.0.0.sql, V1.2__words.sql, upgrade_12.sql and the like.',
    MIGRATIONS_PLACEHOLDERS:
      'Texts in the scripts and what is put in their place before they are run, such as a prefix of tables: TEXT=value, separated by commas. Values are letters, digits, _ and $.',
    MIGRATIONS_AFTER_EACH:
      'SQL that is run after each script, as its last statement: for example to keep the application’s own record of its schema. {version} stands for the script’s version.',
    UPDATE_SOURCE:
      'Where `maj upgrade VERSION` finds packages: a folder, an https address with {version} in it, github:owner/name, or git (the repository of the project folder) or git:repository.',
    UPDATE_PUBLIC_KEY:
      'Public key of minisign, or the path of its .pub file or of an export of OpenPGP (gpg) keys; once it is set, every package must be signed by it.',
    UPDATE_TOKEN: 'Token that the host of UPDATE_SOURCE, or GitHub, asks for; never given as an option.',
    UPDATE_GITHUB_API: 'Address of GitHub’s API, for a GitHub of your own (https://github.example/api/v3).',
    BACKUP_DIR: 'Folder of the backups.',
    BACKUP_MAX_AGE: 'How old a backup may be to count as fresh.',
    BACKUP_KEEP_DAYS: 'How many days backups are kept, counted back from the newest proven one.',
    BACKUP_KEEP_LEAST: 'How many complete backups are kept, however old they are.',
    BACKUP_CODEC: 'Compression: zstd where there is one, else gzip.',
    CLIENT_BIN_DIR: 'Folder of mysqldump and mysql, or mariadb-dump and mariadb, when they are not on PATH.',
    CLIENT_COMMAND:
      'Command that the dump program is run through, where it is in a container or on another host; a POSIX shell must be there.',
    CLIENT_HOST:
      'With CLIENT_COMMAND: the database server as seen from there, as host, host:port or the path of a socket.',
    REHEARSAL_SERVER:
      'auto, or the folder of the server programs (mysqld or mariadbd) for the throwaway server.',
    DEPLOY_BRANCH:
      'Branches that only rehearsed commits may be pushed to, separated by commas; * stands for any characters.',
    DEPLOY_REMOTES:
      'Remotes on which DEPLOY_BRANCH is guarded, by name or address, separated by commas; * stands for any characters. If not set: all.',
    GATE_REQUIRE_LIVE:
      'What `maj gate` does if the live database does not answer at once, so that its structure cannot be compared with what the rehearsal met. yes: refuse the push; no: allow it, with a note.',
    GATE_SIGNING_KEY:
      'SSH key that receipts are signed with, so that they count elsewhere: the file of the private key, or of the .pub one where an agent holds the private one.',
    GATE_ALLOWED_SIGNERS:
      'File in the commit with the keys whose receipts count wherever they were made (ssh-keygen(1), ALLOWED SIGNERS). If not set: only receipts that were made here count.',
    GATE_DATABASE_SERVER:
      'Server that a published receipt has to be of: its address as the receipt has it, or what the server says of itself (both in `maj rehearse --json`). If not set: the name of the database decides.',
    GATE_AUTO_SECONDS:
      'Where a push has no receipt, `maj gate` rehearses it on the spot if the last rehearsal took less than so many seconds. 0: never. If not set: 30 where standard error is a terminal, else 0.',
    MAJ_LANG: 'Language of terminal and report.',
  },
  errors: {
    'settings-invalid': (facts) => ({
      message: `The settings are not right:\n${facts.problems.map((problem) => `  - ${problemText(problem)}`).join('\n')}`,
      hint: 'Correct them where they are set: options, environment, .env or maj.config.json. `maj --help` lists every setting.',
    }),
    'settings-not-shared': (facts) => ({
      message: `${facts.path} has ${nameList(facts.names)}, which it may not set.`,
      hint: `It may set ${facts.known.join(', ')}. Other settings go into .env.`,
    }),
    'settings-missing': (facts) => ({
      message: `${facts.names.join(', ')} ${facts.names.length === 1 ? 'is' : 'are'} not set.`,
      hint: `Set ${facts.names.length === 1 ? 'it' : 'them'} in .env (maj’s own .env.example shows how), in the environment, or as options; \`maj --help\` explains each.`,
    }),
    'settings-unreadable': (facts) => ({
      message: `The settings file ${facts.path} cannot be read: ${facts.reason}.`,
      hint: facts.path.endsWith('.json')
        ? 'Correct its JSON (values are texts, or lists of texts), or make it readable for the user that runs maj.'
        : 'Make it readable for the user that runs maj, or run maj as its owner.',
    }),
    'project-of-another': (facts) => ({
      message: `${facts.path} is not safe: ${mayChange(facts)}. Whoever may change it decides what maj does as user ${facts.uid}.`,
      hint: `${makeOurs(facts)}. If you trust these users with everything that you may do, set MAJ_TRUSTED_PROJECT=${facts.projectDir} in the environment.`,
    }),
    'folder-of-another': (facts) => ({
      message: `maj keeps ${kept[facts.folder]} in ${facts.whole}. Others may change them through ${facts.path}: ${mayChange(facts)}.`,
      hint: `${makeOurs(facts)}.${facts.folder === 'backups' ? ' Or set BACKUP_DIR to a folder of your own.' : ''} If you trust these users with everything that you may do, set MAJ_TRUSTED_PROJECT=${facts.projectDir} in the environment.`,
    }),
  } satisfies Partial<ErrorTexts>,
  notes: {
    'settings-near': ({ slips }) =>
      slips
        .map(
          ({ name, nearest }) =>
            `.env has ${name}, which is not a setting; did you mean ${nearest}? If another program reads it, put ${nearest}= beside it, and this warning stops.`,
        )
        .join('\n'),
    'settings-ignored': (facts) =>
      `${facts.names.join(', ')} of the environment ${facts.names.length === 1 ? 'does' : 'do'} not count: the gate takes ${facts.names.length === 1 ? 'it' : 'them'} from maj.config.json or .env alone`,
    'settings-exposed': (facts) =>
      `${facts.path} holds a password, and others than its owner may read or write it: chmod 600 ${facts.path}`,
  } satisfies Partial<NoteTexts>,
};
