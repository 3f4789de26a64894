import type { NamedBackup } from '../../backup/find.ts';
import type { Problem } from '../../backup/verify-parts.ts';
import { bytes, counted, databaseText, duration, nameList, oneLine } from '../../core/format.ts';
import type { FragileColumn } from '../../dump/fragile-values.ts';
import type { RestoreFacts } from '../../restore/restore-database.ts';
import type { Refusal, Remedy } from '../../restore/trial/refusals.ts';
import type { Flavour } from '../../sql/flavour.ts';
import { accessAcl, defaultAcl } from '../../system/acl.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';
import { fragileRemedies, fragileText } from './fragile-values.ts';
import { othersText } from './other-connections.ts';
import { folderLines, some as someFiles } from './release.ts';

const below = (texts: readonly string[]): string => texts.map((text) => `\n\n${text}`).join('');
const bulleted = (lines: readonly string[]): string => lines.map((line) => `  - ${oneLine(line)}`).join('\n');

/** Whose a backup is, and that it is another's where it is. */
function ofText({ of, live, whose }: NamedBackup): string {
  if (whose === 'own') return databaseText(of);
  if (whose === 'other-database') return `another database, ${databaseText(of)}`;
  const sameAddress = of.address === live?.address;
  return `${databaseText(of)}, ${sameAddress ? `when another server was there (${of.server ?? 'unknown'})` : 'which is another server, or this one under another address'}`;
}

const liveText = ({ live }: NamedBackup): string => (live === undefined ? 'no database' : databaseText(live));

const versionsText = ({
  version,
  installed,
}: {
  version: string | null;
  installed: string | null;
}): string =>
  version === null
    ? ''
    : `, version ${version}${installed === null || installed === version ? '' : ` (installed: ${installed})`}`;

const fragileTexts = (columns: readonly FragileColumn[]): string =>
  columns.length === 0 ? '' : `\nThe reason:\n${bulleted(columns.map(fragileText))}`;

/** Why attributes were not read or set; without a reason, the program for it is missing. */
const because = (why: string | null, program: string): string =>
  why === null ? ` (${program} is missing: install the package attr)` : ` (${why})`;

/** The first of some things, and how many more there are. */
const some = (first: readonly string[], count: number): string =>
  [...first.map(oneLine), ...(count > first.length ? [`and ${count - first.length} more`] : [])].join(', ');

const aclTexts: Readonly<Record<string, string>> = {
  [accessAcl]: 'access control list',
  [defaultAcl]: 'default access control list',
};
const attributeName = (name: string): string => aclTexts[name] ?? name;

/** What is wrong with a file of a backup. */
function problemText({ file, what, about }: Problem): string {
  const rest = about === undefined ? '' : `: ${about}`;
  switch (what) {
    case 'missing':
      return `${file} is missing`;
    case 'extra':
      return `${file} does not belong to the backup`;
    case 'damaged':
      return `${file} is damaged${rest}`;
    case 'truncated':
      return `${file} is cut off`;
    case 'content':
      return `${file} does not hold what the manifest says`;
    case 'no-trailer':
      return `${file} does not end as a whole dump does`;
    case 'dump':
      return `${file}: the parts together are not the dump that was taken`;
    case 'object-missing':
      return `${file}: the dump does not create ${about ?? ''}`;
    case 'entry':
      return `${file}: ${about ?? ''}`;
    case 'proof':
      return `${file} is the proof of another backup`;
  }
}

/** What a restore does, or has done, to a database. */
function workLines(database: string, work: RestoreFacts, when: 'plan' | 'done'): string[] {
  const verb = when === 'plan' ? 'are to be' : 'were';
  const line = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`  in ${database} ${what}: ${names.map(oneLine).join(', ')}`];
  if (work.everything) return [`  ${database} ${when === 'plan' ? 'is' : 'was'} emptied and loaded anew`];
  const lines = [
    ...line(`tables that differed, and ${verb} loaded again`, work.loaded),
    ...line(`not in the backup, and ${verb} dropped`, work.dropped),
    ...line(`${verb} made anew`, work.others),
    ...line('differ as well, and stay as they are', work.left),
  ];
  return lines.length === 0 ? [`  ${database} is what the backup holds: nothing had to be done`] : lines;
}

/** What backup/ says, in English. */
export const backup = {
  errors: {
    'restore-unfinished': (facts) => ({
      message: `The restore of backup ${facts.backup}${facts.database === undefined ? '' : ` into ${facts.database}`}, begun ${facts.since}, did not finish: database or files may be half restored.`,
      hint: `Run it again (it begins anew): ${facts.command}`,
      state: 'The system is as the restore left it.',
    }),
    'restore-at-work': (facts) => ({
      message: `The restore of backup ${facts.backup}, begun ${facts.since}, is at work: process ${facts.pid} on ${facts.host}.`,
      hint: 'Wait for it to end, then call again.',
    }),
    'codec-missing': (facts) => ({
      message: `There is no ${facts.codec} on this machine.`,
      hint: `Install it (Debian, Ubuntu: apt-get install ${facts.codec}), use Node 22.15 or later, or take backups with BACKUP_CODEC=gzip.`,
    }),
    'stored-unreadable': (facts) => ({
      message: `${facts.path} cannot be decompressed: ${facts.reason}`,
      hint: 'Use another backup; `maj verify` tells which are sound.',
    }),
    'statement-failed': (facts) => ({
      message: `The server did not take a statement of the backup (${facts.part}, line ${facts.line}${facts.object === null ? '' : `, of ${facts.object}`}): ${facts.reason}`,
      hint: 'Compare version and settings (max_allowed_packet, sql_mode, plugins) of the server with those of the one that the backup is of.',
    }),
    'dump-incomplete': (facts) => ({
      message: `${facts.client} ended without an error, but its dump has no last line: it is cut off. No backup was made.`,
      hint: 'Look into the server’s log for a lost connection, and take the backup again.',
    }),
    'objects-missing': (facts) => ({
      message: `The dump leaves out what the database has:\n${bulleted(facts.objects)}`,
      hint: 'Check the privileges of DB_USER (TRIGGER, EVENT, SHOW VIEW, and SHOW_ROUTINE or SELECT on mysql.proc). No backup was made: a backup without these would be no backup.',
    }),
    'row-too-long': (facts) => ({
      message: `A row of ${facts.table} is longer in a dump than the server takes (max_allowed_packet, ${bytes(facts.most)}): it could not be restored. No backup was made.`,
      hint:
        facts.most >= 1024 ** 3
          ? 'No server takes more. Keep such contents as files, or in pieces.'
          : `As an administrator: SET GLOBAL max_allowed_packet = ${Math.min(facts.most * 4, 1024 ** 3)}; and the same in the server’s option file. A BLOB takes twice its length.`,
    }),
    'schema-changed': (facts) => ({
      message: `The structure of ${facts.database} changed while the backup was taken, or a table was emptied (TRUNCATE). No backup was made.${othersText(facts.others)}`,
      hint: 'Take it again when no migration or other change of the structure is running.',
    }),
    'disk-filled': (facts) => ({
      message: `The disk of ${facts.path} is full. No backup was made.`,
      hint: 'Free some space, or point BACKUP_DIR at a larger disk, and take the backup again.',
    }),
    'app-dir-missing': (facts) => ({
      message: `The application’s folder ${facts.folder} is not there.`,
      hint: 'Correct APP_DIR, or back up the database alone with --database-only.',
    }),
    'app-dir-is-ours': (facts) => ({
      message: `APP_DIR (${facts.folder}) is the folder of our own backups or records.`,
      hint: 'Give APP_DIR and BACKUP_DIR folders of their own.',
    }),
    'file-name-unreadable': (facts) => ({
      message: `The name of ${oneLine(facts.path)} is not valid UTF-8, and so it cannot be read.`,
      hint: 'Rename it (convmv renames whole folders); neither a backup nor a new release would have it.',
    }),
    'no-backup': (facts) => ({
      message: `There is no complete backup${facts.database === undefined ? '' : ` of ${databaseText(facts.database)}`} in ${facts.folder}${facts.others === 0 ? '' : `; ${facts.others === 1 ? 'the one backup in it is of another database' : `the ${facts.others} backups in it are of other databases`}, or of another server`}.`,
      hint:
        facts.others === 0
          ? '`maj backup` takes one.'
          : '`maj backup` takes one. If this is the same server as before, only under another name: find your backup with `maj backups`, which says whose each is, and name it in the command.',
    }),
    'rehearsed-on-another': (facts) => ({
      message: `The backup ${facts.id} is of ${ofText(facts)}: a rehearsal on it says nothing of ${liveText(facts)}.`,
      hint: '`maj rehearse` takes a backup of this database and rehearses on that; `maj backups` says whose each is.',
    }),
    'restore-not-opened': (facts) => ({
      message: `The backup ${facts.backup} is restored. Then the application could not be put into service: ${facts.reason}`,
      hint: `Correct that, then run the same restore again: ${facts.again}. It loads only those tables that differ. If it restores files, it unpacks them again.`,
      state: `All that was to be restored is as in the backup ${facts.backup}.${facts.managed ? ' Maintenance stays on.' : ''}`,
    }),
    'restore-which': (facts) => ({
      message: `The newest backup, ${facts.id}, is of version ${facts.version ?? 'unknown'}, but the installed version ${facts.installed ?? 'unknown'} is older. Without a name, maj does not restore a backup of a newer version.`,
      hint: `Name the one that you want. ${facts.own === undefined ? '' : `The newest of version ${facts.installed ?? ''}: maj restore ${facts.own}. `}\`maj backups\` lists all, with their versions.`,
    }),
    'restore-of-another': (facts) => ({
      message: `The backup ${facts.id} is of ${ofText(facts)}: what is in ${liveText(facts)} would be replaced by the rows of another database.`,
      hint: `To load it beside: maj restore ${facts.id} --into NAME. If it is to replace this database all the same, say --of-another. \`maj backups\` says whose each is.`,
    }),
    'backup-not-found': (facts) => ({
      message: facts.incomplete
        ? `${facts.path} has no manifest: it is no complete backup.`
        : `There is no backup ${facts.path}.`,
      hint:
        facts.known.length === 0
          ? '`maj backup` takes one.'
          : `The newest ones are:\n${bulleted(facts.known)}`,
    }),
    'manifest-invalid': (facts) => ({
      message: `${facts.path} is damaged, or of a later version of maj.`,
      hint: 'Use another backup. What can still be read of this one, its restore.sh restores by hand.',
    }),
    'backup-unsound': (facts) => ({
      message: `The backup ${facts.id} is not sound:\n${bulleted(facts.problems.map(problemText))}`,
      hint: 'Do not restore from it. Take a new one with `maj backup`, and look after the disk that this one is on.',
    }),
    'proof-failed': (facts) => ({
      message: `The backup ${facts.id}, restored into a throwaway server (${facts.server}), is not what was backed up. These differ:\n${bulleted(facts.differences)}${fragileTexts(facts.fragile)}${below(facts.diffs)}`,
      hint:
        facts.fragile.length === 0
          ? 'Nothing was changed, and no upgrade goes on with this backup. Take another; if it fails in the same way, the dump program cannot dump this database as it is.'
          : `Nothing was changed. Give these rows the values that a dump brings back, and take another backup:${facts.fragile
              .flatMap(fragileRemedies)
              .map((sql) => `\n  ${sql}`)
              .join('')}`,
    }),
    'name-case-differs': (facts) => ({
      message: `${facts.server} keeps the names of tables in another case than the server that the backup ${facts.backup} is of (lower_case_table_names): ${nameList(facts.names)} would not come back as they were.`,
      hint: 'Use a server with the same lower_case_table_names.',
    }),
    'flavour-differs': (facts) => ({
      message: `The backup ${facts.backup} is of ${facts.source} and does not go into ${facts.server}.`,
      hint: 'Use a server of the same kind.',
    }),
    'definers-not-allowed': (facts) => ({
      message: `${facts.wayBack ? 'The database could not be brought back to the backup: views' : 'Views'}, routines, triggers or events of this backup run as ${facts.definers.join(', ')}, ${facts.absent ? 'accounts that this server does not have, ' : ''}and ${facts.user} may not create such ones.`,
      hint: `${facts.wayBack ? 'Set DB_USER to one' : 'Restore as a user'} that may, or grant it: GRANT ${(facts.absent ? namesAbsent[facts.flavour] : undefined) ?? namesOthers[facts.flavour]} ON *.* TO that user${facts.absent ? '; or create the accounts' : ''}. ${facts.wayBack ? `Or make them run as ${facts.user}.` : `With --definers current they all run as ${facts.user} afterwards.`}`,
    }),
    'restore-not-granted': (facts) => ({
      message: `${notRestorable(facts)}: ${facts.grantee} lacks ${facts.missing.join(', ')}.`,
      hint: `GRANT ${facts.missing.join(', ')} ON \`${facts.database}\`.* TO ${facts.grantee}, or set DB_USER to an account that has all of it.`,
    }),
    'restore-not-taken': (facts) => ({
      message: `${notRestorable(facts)}: the server refuses to create part of it. maj tried everything, empty and under other names, and these were refused:\n${bulleted(refusalLines(facts.refusals))}`,
      hint: remedies(facts),
    }),
    'restore-failed': (facts) => ({
      message: `The restore of ${facts.database} stopped half-way: ${facts.reason}${othersText(facts.others)}`,
      hint: `Remove the reason, then run it again, which begins anew: ${facts.again}`,
      state: `${facts.changed ? `The database ${facts.database} is partly restored.` : `Nothing in the database ${facts.database} was replaced.`} The backup ${facts.id} was verified and is untouched.`,
    }),
    'server-older': (facts) => ({
      message: `The backup ${facts.backup} is of ${facts.source}. ${facts.server} is older, and may not know all that is in it: the restore could stop half-way.`,
      hint: 'Use a server of that version or a later one.',
    }),
    'tables-not-in-backup': (facts) => ({
      message: `The backup ${facts.id} has no table ${nameList(facts.unknown)}.`,
      hint: `It has: ${nameList(facts.known)}`,
    }),
    'database-not-empty': (facts) => ({
      message: `The database ${facts.database} is there already, and is not empty.`,
      hint: 'Give --into a name that is free, or drop what is in it yourself.',
    }),
    'into-denied': (facts) => ({
      message: `${facts.grantee} may not make the database ${facts.database}.`,
      hint: `As an administrator of the server: CREATE DATABASE \`${facts.database}\`; GRANT ALL ON \`${facts.database}\`.* TO ${facts.grantee}; then run the same command again.`,
    }),
    'still-written': (facts) => ({
      message: `Something still writes to these tables of ${facts.database}: ${nameList(facts.tables)}. The restore did not begin: its result would not be equal to the backup.${othersText(facts.others)}`,
      hint: 'Stop what writes there, then run the same restore again. maj waits for writing to end for as long as MAINTENANCE_DRAIN says.',
    }),
    'restore-differs': (facts) => ({
      message: `${facts.database} was restored, but it differs from the backup ${facts.id}:\n${bulleted(facts.differences)}${below(facts.diffs)}${othersText(facts.others)}`,
      hint: `When nothing writes to ${facts.database} any more, run the restore again: ${facts.again}`,
      state: `The database ${facts.database} holds what was loaded, with these differences.`,
    }),
    'no-files-in-backup': (facts) => ({
      message: `The backup ${facts.id} holds no files: it was taken of the database only.`,
      hint: 'Restore the database with --database-only, or choose a backup that holds the files.',
    }),
    'ours-within-app': (facts) => ({
      message: `Our own backups and records lie within APP_DIR (${facts.folder}): its files cannot be swapped under them.`,
      hint: 'Move .maj and BACKUP_DIR out of APP_DIR, or unpack the files by hand with the backup’s restore.sh.',
    }),
    'files-differ': (facts) => ({
      message: `The files of the backup ${facts.id} were unpacked and are not what its list says:\n${bulleted(facts.problems.slice(0, 20))}`,
      hint: 'Use another backup; `maj verify` tells which are sound.',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'dump-database': (facts) => `Dump the database ${facts.database}`,
    'archive-files': (facts) => `Archive the files in ${facts.folder}`,
    'archive-ahead': (facts) => `Archive the files in ${facts.folder} ahead of the window`,
    'archive-late': (facts) => `Archive what has changed in ${facts.folder} since`,
    'verify-backup': (facts) => `Verify the backup ${facts.id}`,
    'load-backup': (facts) => `Load the backup ${facts.id} into ${facts.server}`,
    'compare-database': (facts) => `Compare the database ${facts.database} with the backup ${facts.id}`,
    'try-restore': (facts) => `Try whether the server would make all of ${facts.id} again`,
    'put-in-place': (facts) => `Put the restored tables of ${facts.database} in place`,
    'compare-files': (facts) => `Look for files written since the backup ${facts.backup}`,
    'restore-files': (facts) => `Restore the files in ${facts.folder}`,
  } satisfies Partial<StepTexts>,
  notes: {
    'definers-absent': (facts) =>
      `Views, routines, triggers or events run as ${facts.definers.join(', ')}, which this server does not have: they are restored as they were, and fail when they are used. Create the accounts, or restore with --definers current.`,
    'names-database': (facts) =>
      `These restored objects still use the database ${facts.database}, because its name is in their text: ${nameList(facts.objects)}.`,
    'restore-everything': (facts) =>
      `What is in the database cannot be compared with the backup, so everything is loaded again: ${facts.reason}`,
    'other-server-backup': (facts) =>
      `The backup ${facts.id} is of ${ofText(facts)}. The settings name ${liveText(facts)}.`,
    'restore-other-version': (facts) =>
      `The backup ${facts.id} is of version ${facts.version ?? 'unknown'}, and version ${facts.installed ?? 'unknown'} is installed. ${
        facts.whole
          ? `Afterwards version ${facts.version ?? 'unknown'} is installed.`
          : 'Only a part of it is restored: files and database will be of two versions, which may not go together.'
      }`,
    'files-replaced': (facts) =>
      `These files were written or changed since the backup ${facts.id}. A restore does not delete them: they stay in the old tree, which it puts aside.\n${folderLines(facts.written)}`,
    'files-not-known': (facts) =>
      `Which files were written since the backup ${facts.id} cannot be told: ${facts.reason}`,
    'events-ended': (facts) =>
      `In ${facts.database} these events are not as in the backup, because their time has passed: ${nameList(facts.events)}. No restore can bring them back: a server drops such an event at once, or disables it if it is ON COMPLETION PRESERVE.`,
    'load-again': (facts) =>
      `After the quick load (LOAD DATA) these tables are not as in the backup: ${nameList(facts.tables)}. They are loaded again by INSERT statements.`,
    'restore-without-maintenance': () =>
      'No maintenance is set up (MAINTENANCE_FILE): what the application writes during the restore is lost, or makes it fail.',
    'partial-removed': (facts) => `Removed ${facts.path}, which a backup that was interrupted had left.`,
    'no-files-to-archive': () => 'APP_DIR is not set: the backup holds the database only.',
    'left-out': (facts) => `Not in the archive: ${facts.path}, which is maj’s own.`,
    'not-archived': (facts) => `Not in the archive: ${oneLine(facts.path)} is a socket, a pipe or a device.`,
    'setuid-dropped': (facts) =>
      `In the backup these files run as root, or with root’s group, whoever starts them (setuid, setgid). They were unpacked without that: ${nameList(facts.paths)}. To give it back where it is needed: chmod u+s, chmod g+s.`,
    'attributes-not-read': (facts) =>
      `Extended attributes and access control lists of files are not kept${because(facts.why, 'getfattr')}. These have some: ${some(facts.paths, facts.count)}.`,
    'attributes-not-looked-at': () =>
      `Extended attributes of files, if there are any, are not kept${because(null, 'getfattr')}.`,
    'attributes-not-set': (facts) =>
      `Extended attributes, or access control lists, could not be set${because(facts.why, 'setfattr')}: ${some(
        facts.things.map(({ path, names }) => `${path} (${names.map(attributeName).join(', ')})`),
        facts.count,
      )}.`,
    'attributes-of-replaced': (facts) =>
      `The files that the release brings do not have the extended attributes of those that they replace: ${some(facts.paths, facts.count)}.`,
    'changed-type': (facts) =>
      `Not in the archive: ${oneLine(facts.path)} was a file, and something else when it was to be read.`,
    'links-lead-out': (facts) =>
      `These symbolic links lead out of the archive. It holds the links, and not what they lead to: back that up in its own way. ${some(
        facts.links.map(({ path, leadsTo }) => `${path} -> ${leadsTo}`),
        facts.count,
      )}.`,
    'changed-while-read': (facts) =>
      `${oneLine(facts.path)} changed each time it was read: the archive holds what was read last.`,
    'read-again': (facts) => `${oneLine(facts.path)} changed while it was read, and was read again.`,
    'earlier-damaged': (facts) =>
      `${facts.path} is damaged; this backup does not share it, and holds it anew. \`maj verify ${facts.id}\` tells what else is.`,
    'manifest-damaged': (facts) =>
      `${facts.path} is left out: its manifest is damaged, or of a later version of maj.`,
  } satisfies Partial<NoteTexts>,
  results: {
    taken: (facts: {
      id: string;
      folder: string;
      storedBytes: number;
      dumpBytes: number;
      parts: number;
      files: number | null;
      durationMs: number;
    }) => [
      `Backup    ${facts.id}`,
      `Folder    ${facts.folder}`,
      `Database  ${facts.parts} parts, ${bytes(facts.dumpBytes)} of SQL`,
      `Files     ${facts.files === null ? 'none' : String(facts.files)}`,
      `On disk   ${bytes(facts.storedBytes)}, in ${duration(facts.durationMs)}`,
    ],
    verified: (facts: {
      id: string;
      backup: NamedBackup;
      parts: number;
      dumpBytes: number;
      files: number | null;
    }) => [
      `The backup ${facts.id} of ${ofText(facts.backup)} is sound: ${facts.parts} parts, ${bytes(facts.dumpBytes)} of SQL, ${facts.files === null ? 'no files' : `${facts.files} files`}.`,
    ],
    proven: (facts: {
      equalParts: number;
      server: string;
      source: string;
      sameVersion: boolean;
      durations: { load: number; dump: number };
    }) => [
      `It is proven: restored into a throwaway server (${facts.server}) and dumped again, all ${facts.equalParts} parts are equal (load ${duration(facts.durations.load)}, dump ${duration(facts.durations.dump)}).`,
      ...(facts.sameVersion ? [] : [`The database itself runs on ${facts.source}.`]),
    ],
    notProven: () => ['It is not proven: `maj verify --full` restores it into a throwaway server.'],
    restorePlan: (facts: {
      id: string;
      backup: NamedBackup;
      version: string | null;
      installed: string | null;
      written: readonly string[] | null;
      database: string | null;
      into: string | null;
      folder: string | null;
      work: RestoreFacts | null;
    }) => [
      `From the backup ${facts.id} of ${ofText(facts.backup)}${versionsText(facts)}:`,
      ...(facts.into === null ? [] : [`  the database ${facts.into} is made, and loaded`]),
      ...(facts.work === null ? [] : workLines(facts.database ?? '', facts.work, 'plan')),
      ...(facts.folder === null
        ? []
        : [`  the files in ${facts.folder} are replaced, persistent ones too; the present ones are kept`]),
      ...someFiles('  of these, written or changed since the backup', facts.written ?? []),
    ],
    restoreQuestion: (facts: {
      id: string;
      backup: NamedBackup;
      database: string | null;
      folder: string | null;
      tables: readonly string[] | null;
      version: string | null;
      installed: string | null;
      written: readonly string[] | null;
    }) =>
      `Replace ${[
        facts.database === null
          ? undefined
          : facts.tables === null
            ? `the database ${facts.database}`
            : `${nameList(facts.tables)} in ${facts.database}`,
        facts.folder === null ? undefined : `the files in ${facts.folder}`,
      ]
        .filter((part) => part !== undefined)
        .join(
          ' and ',
        )}${facts.backup.whose === 'own' ? '' : ` (settings: ${liveText(facts.backup)})`} with the backup ${facts.id} of ${ofText(facts.backup)}${versionsText(facts)}${
        facts.written === null || facts.written.length === 0
          ? ''
          : `, and put aside ${counted(facts.written.length, 'file')} that ${facts.written.length === 1 ? 'was' : 'were'} written or changed since`
      }?`,
    restored: (facts: {
      id: string;
      database: string | null;
      into: string | null;
      folder: string | null;
      replaced: string | null;
      work: RestoreFacts | null;
    }) => [
      ...(facts.into === null
        ? []
        : [`The backup ${facts.id} is in the database ${facts.into}, and equal to it.`]),
      ...(facts.work === null ? [] : workLines(facts.database ?? '', facts.work, 'done')),
      ...(facts.work === null
        ? []
        : [
            facts.work.only === null
              ? `The database ${facts.database ?? ''} is restored from ${facts.id}, and equal to it.`
              : `In ${facts.database ?? ''} these are restored from ${facts.id}, and equal to it: ${nameList(facts.work.only)}.`,
          ]),
      ...(facts.folder === null ? [] : [`The files in ${facts.folder} are restored from ${facts.id}.`]),
      ...(facts.replaced === null ? [] : [`The files that were there are in ${facts.replaced}.`]),
    ],
  },
};

/** What was to be restored, and who tried it. */
interface Tried {
  readonly backup: string;
  readonly database: string;
  /** As SQL takes it. */
  readonly grantee: string;
  readonly wayBack: boolean;
}

/** The beginning of a sentence. */
const notRestorable = ({ backup, database, wayBack }: Omit<Tried, 'grantee'>): string =>
  wayBack
    ? `${database} could not be brought back to the backup ${backup}, should that be needed`
    : `The backup ${backup} cannot be restored into ${database}`;

const mostShown = 20;

/** What was refused, and why: the first of many. */
const refusalLines = (refusals: readonly Refusal[]): string[] => [
  ...refusals.slice(0, mostShown).map(({ object, reason }) => `${object}: ${reason}`),
  ...(refusals.length > mostShown ? [`and ${refusals.length - mostShown} more`] : []),
];

/** The privilege that making an object takes. */
const privileges: Readonly<Record<Refusal['kind'], string>> = {
  table: 'CREATE',
  'foreign key': 'REFERENCES',
  sequence: 'CREATE',
  trigger: 'TRIGGER',
  routine: 'CREATE ROUTINE, ALTER ROUTINE',
  view: 'CREATE VIEW',
  event: 'EVENT',
};

type Facts = Tried & { readonly flavour: Flavour; readonly refusals: readonly Refusal[] };

/** What helps against all of them: each remedy once. */
function remedies(facts: Facts): string {
  const lines = facts.refusals.map((refusal) =>
    refusal.remedy === null ? undefined : remedyText(refusal.remedy, refusal, facts),
  );
  const known = [...new Set(lines.filter((line) => line !== undefined))];
  const unknown = lines.includes(undefined)
    ? ['Remove the reason that the server gives, or set DB_USER to an account that may do it.']
    : [];
  return [...known, ...unknown].join('\n');
}

/** What lets an account define something as another one, and as one that is not there where that takes more. */
const namesOthers: Readonly<Record<Flavour, string>> = {
  mariadb: 'SET USER',
  mysql: 'SET_ANY_DEFINER (before MySQL 8.2: SET_USER_ID)',
};
const namesAbsent: Readonly<Record<Flavour, string | undefined>> = {
  mariadb: undefined,
  mysql: 'ALLOW_NONEXISTENT_DEFINER',
};

const withoutPrimaryKey = (grant: string): Readonly<Record<Flavour, string>> => ({
  mariadb: 'SET GLOBAL innodb_force_primary_key = OFF, or',
  mysql: `${grant}, so that maj may switch that off for itself; or SET GLOBAL sql_require_primary_key = OFF; or`,
});

/** Only MySQL keeps accounts from switching it off for themselves. */
const strictForItself = (grant: string): Readonly<Record<Flavour, string>> => ({
  mariadb: '',
  mysql: `${grant}, so that maj may switch innodb_strict_mode off for itself; or `,
});

function remedyText(remedy: Remedy, { kind }: Refusal, { flavour, database, grantee }: Facts): string {
  const asMayGrant = `GRANT SESSION_VARIABLES_ADMIN ON *.* TO ${grantee}`;
  switch (remedy) {
    case 'trust-creators':
      return 'The server has a binary log and does not trust who makes functions and triggers: SET GLOBAL log_bin_trust_function_creators = ON, and in its configuration.';
    case 'primary-key':
      return `The server asks for a primary key: ${withoutPrimaryKey(asMayGrant)[flavour]} give the table one and take a new backup.`;
    case 'unique-parent-key':
      return `The server asks for a unique key where a foreign key refers to: ${asMayGrant}, so that maj may switch that off for itself; or SET GLOBAL restrict_fk_on_non_standard_key = OFF; or make that key unique and take a new backup.`;
    case 'row-size':
      return `Rows of that table can be longer than the server takes: ${strictForItself(asMayGrant)[flavour]}SET GLOBAL innodb_strict_mode = OFF, or shorten its columns and take a new backup.`;
    case 'system-user':
      return `It runs as an account that has SYSTEM_USER: GRANT SYSTEM_USER ON *.* TO ${grantee}, or let it run as another account and take a new backup.`;
    case 'definer':
      return `It runs as another account: GRANT ${namesOthers[flavour]} ON *.* TO ${grantee}.`;
    case 'absent-definer':
      return `It runs as an account that is not there: create that account${namesAbsent[flavour] === undefined ? '' : `, or GRANT ${namesAbsent[flavour]} ON *.* TO ${grantee}`}.`;
    case 'read-only':
      return 'The server takes no changes now: name the one that does in the settings, or switch read_only off.';
    case 'privilege':
      return `GRANT ${privileges[kind]} ON \`${database}\`.* TO ${grantee}.`;
  }
}
