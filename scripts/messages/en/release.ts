import { dirname } from 'node:path';
import { counted, duration, nameList, oneLine } from '../../core/format.ts';
import type { EntryProblem } from '../../package/entry-rules.ts';
import type { RequirementsProblem, Unmet } from '../../package/requirements.ts';
import type { SignedBy } from '../../package/signature.ts';
import type { AdoptedRelease } from '../../release/adopt.ts';
import type { PackageReport } from '../../release/check-package.ts';
import type { EditedFile, Unshown } from '../../release/copy/edited-files.ts';
import type { NotShared } from '../../release/copy/not-shared.ts';
import { byFolder, type FolderOfFiles } from '../../release/file-changes.ts';
import type { FileChanges, Move } from '../../release/types.ts';
import type { NoVersion } from '../../release/version.ts';
import { quoteWords } from '../../system/process/shell-words.ts';
import type { UnknownRelease } from '../../upgrade/prepare.ts';
import type { ErrorTexts, NoteTexts, StepTexts } from '../texts.ts';

/** What is wrong with an entry of a package. */
const problemTexts: Readonly<Record<EntryProblem, string>> = {
  absolute: 'its path is absolute',
  parent: 'its path leads out of the package (..)',
  'no-name': 'it has no name',
  'name-characters':
    'its name, or what it links to, holds control characters, or characters that turn the direction of text',
  'name-encoding': 'its name is not UTF-8',
  'name-length': 'its name is too long',
  'too-deep': 'it lies more than 100 folders deep, or is a link to what does',
  backslash: 'its name holds a backslash, which some systems take for a slash',
  type: 'it is a device, a pipe or something else that no application needs',
  setuid: 'it has the setuid or setgid bit',
  'same-name': 'its name differs from another one only in case or in Unicode form',
  twice: 'it is there twice',
  'below-a-file': 'it lies below something that is not a folder',
  'link-out': 'it is a link that leads out of the package, or in a circle',
  'no-target': 'it is a link to nothing',
  'hard-link': 'it is a hard link to something that is not a file before it in the package',
  'too-many': 'there are too many files',
  'too-large': 'the files are too large together',
  'too-tight': 'it unpacks to far more than real files do',
};

const list = (paths: readonly string[], shown = 10): string =>
  [
    ...paths.slice(0, shown).map((path) => `  ${oneLine(path)}`),
    ...(paths.length > shown ? [`  … and ${paths.length - shown} more`] : []),
  ].join('\n');

/** What who makes a link has to know. */
const notInBackups = 'A backup holds only the link: what it leads to has to be backed up in its own way.';

const few = 5;

const filesIn = ({ folder, files, deep }: FolderOfFiles): string =>
  folder === ''
    ? `${counted(files, 'file')} at the top`
    : `${counted(files, 'file')} in ${oneLine(folder)}/${deep ? '' : ' itself'}`;

/** Files by their folders, a line each; a few by their names. */
export const folderLines = (paths: readonly string[], shown = 15): string => {
  if (paths.length <= few) return list(paths);
  const folders = byFolder(paths, shown);
  return [
    ...folders.slice(0, shown).map((folder) => `  ${filesIn(folder)}`),
    ...(folders.length > shown ? [`  … and in ${counted(folders.length - shown, 'more folder')}`] : []),
  ].join('\n');
};

/** How many files, and their names or folders. */
export const some = (what: string, paths: readonly string[]): readonly string[] => {
  if (paths.length === 0) return [];
  const folders = byFolder(paths, few);
  const named = paths.length <= few ? paths.map(oneLine) : folders.slice(0, few).map(filesIn);
  const more = paths.length > few && folders.length > few ? ', …' : '';
  return [`${what}: ${paths.length} (${named.join(', ')}${more})`];
};

/** What becomes of the files, a line for each kind. */
export const changeLines = (changes: FileChanges): readonly string[] => {
  const lines = [
    ...some('added', changes.added),
    ...some('changed', changes.changed),
    ...some('removed', changes.removed),
    ...some('made by APP_DEPENDENCIES_COMMAND, and made anew for the new release', changes.remade),
    ...some('edited here, and replaced', changes.modified),
    ...some('with a mode that was changed here, which stays where it is stricter', changes.modes),
    ...some('deleted here, of the installed release', changes.deleted),
    ...some('yours, and replaced by files of the release', changes.displaced),
    ...some(
      changes.known ? 'yours, and carried over' : 'not in the new release, and carried over',
      changes.carried,
    ),
  ];
  return lines.length === 0 ? ['no file is changed'] : lines;
};

const unshownTexts: Readonly<Record<Unshown, string>> = {
  'no-original': 'the package that it came in is not at hand: the difference cannot be shown',
  binary: 'not a text',
  secret: 'may hold passwords or keys: not shown',
  large: 'too large to show',
  'not-a-file': 'became something else, or was something else',
  'too-many': 'not shown, for enough others are',
};

const editedLines = (file: EditedFile): readonly string[] =>
  file.kind === 'diff'
    ? [
        ...file.lines.map((line) => `    ${oneLine(line)}`),
        ...(file.more === 0 ? [] : [`    … and ${file.more} lines more`]),
      ]
    : [`  ${oneLine(file.path)}: ${unshownTexts[file.kind]}`];
/** What is wrong with a package's list of what it needs. */
function requirementsText(problem: RequirementsProblem): string {
  switch (problem.kind) {
    case 'unreadable':
      return problem.reason;
    case 'unknown':
      return `${problem.key} is no key of it${problem.nearest === undefined ? '' : `; did its author mean ${problem.nearest}?`}`;
    case 'invalid':
      return `${problem.key}: ${problem.reason}`;
  }
}

/** What a package needs, and what is there instead. */
function unmetText(unmet: Unmet): string {
  switch (unmet.kind) {
    case 'maj':
      return `maj ${unmet.needed} or later; this is ${unmet.found ?? 'unknown'}`;
    case 'from':
      return `an installed version ${unmet.needed}; installed is ${unmet.found ?? 'one that does not tell its version'}. Upgrade to a version in between first`;
    case 'php':
      return `PHP ${unmet.needed}; ${unmet.found === undefined ? 'no program php was found' : `php is ${unmet.found}`}`;
    case 'node':
      return `Node ${unmet.needed}; ${unmet.found === undefined ? 'no program node was found' : `node is ${unmet.found}`}`;
    case 'php-extensions':
      return `PHP with ${unmet.missing.join(', ')}, which php -m does not list`;
    case 'server':
      return `${unmet.needed.length === 0 ? 'another database server' : `${unmet.needed.join(' or ')}, or later`}; the server is ${unmet.found}`;
  }
}

/** A comment, and a user id, may hold anything, as control characters of a terminal: they are quoted. */
const signature = ({ keyId, trustedComment, userId }: SignedBy): string =>
  [
    `Signed by the key ${keyId}`,
    ...(trustedComment === null ? [] : [`, with the words ${JSON.stringify(trustedComment)}`]),
    ...(userId === null ? [] : [` of ${JSON.stringify(userId)}`]),
  ].join('');

const oneOfKeys = (ids: readonly string[]): string =>
  ids.length === 1 ? `the key ${ids.join()}` : `one of the keys ${ids.join(', ')}`;

const newKey = (keyFile: string): string =>
  `Get the current key from its owner, not from where the package came from, and put it in ${keyFile}.`;

/** For who asked for a version that there is not. */
const versionsThere = (versions: readonly string[]): string =>
  versions.length === 0
    ? 'No version is there.'
    : `The newest that ${versions.length === 1 ? 'is' : 'are'} there: ${versions.join(', ')}.`;

const versionHint =
  'Set APP_VERSION_FILE to the file of the application that begins with its version, such as 1.1.0 or 24.05, or to a package.json or composer.json that has one. If the version stands elsewhere in a file, set APP_VERSION_PATTERN, too: a regular expression whose first group is the version.';

const noVersionTexts: Readonly<Record<Exclude<NoVersion, 'no-file'>, (name: string) => string>> = {
  empty: (name) => `the first line of ${name} is empty`,
  'no-json': (name) => `${name} is not JSON`,
  'no-key': (name) => `${name} has no "version"`,
  'no-match': (name) => `APP_VERSION_PATTERN finds nothing in ${name}`,
  endless: (name) => `APP_VERSION_PATTERN takes too long in ${name}`,
};

const newPackage = 'Get the package again from whoever made it, and do not use this one.';

/** What release/ says, in English. */
export const release = {
  errors: {
    'package-missing': (facts) => ({
      message:
        facts.paths.length === 1
          ? `There is no package ${facts.paths.join('')}.`
          : `There is no package of that name; looked for ${facts.paths.join(', ')}.`,
      hint: 'Give the path of a package, or a version such as 1.1.0 of a package in UPDATE_SOURCE.',
    }),
    'package-not-found': (facts) => ({
      message: `No package of version ${facts.version} is in ${facts.folder}. ${versionsThere(facts.versions)}`,
      hint: `Put one there whose name holds the version, such as app-${facts.version}.tar.gz, with its sum beside it (.sha256).`,
    }),
    'package-ambiguous': (facts) => ({
      message: `Several packages are of version ${facts.version}:\n${list(facts.names)}`,
      hint: `Name the file that you mean instead of the version, as in \`maj upgrade ${facts.names[0] ?? ''}\`.`,
    }),
    'package-form': (facts) => ({
      message: `${facts.path} is not a kind of package that can be unpacked.`,
      hint: `Pack it as one of: ${facts.forms.join(', ')}.`,
    }),
    'zstd-missing': (facts) => ({
      message: `${facts.path} is packed with zstd, and there is no program zstd here.`,
      hint: 'Install zstd, or use a package packed with gzip (.tar.gz).',
    }),
    'package-sum-missing': (facts) => ({
      message: `There is no SHA-256 sum for ${facts.path}; looked in:\n${list(facts.searched)}`,
      hint: 'Get the sum from whoever made the package, but not from the place where the package came from. `sha256sum` on the package that you have would prove nothing.',
    }),
    'package-sum-unclear': (facts) => ({
      message: `${facts.sumFile} gives more than one sum for ${facts.path}.`,
      hint: 'Keep the one line that is right.',
    }),
    'package-sum-wrong': (facts) => ({
      message: `${facts.path} is not what ${facts.sumFile} says: its SHA-256 is ${facts.found}, not ${facts.expected}.`,
      hint: `It was damaged or changed on its way. ${newPackage}`,
    }),
    'download-failed': (facts) => ({
      message: `${facts.url} could not be downloaded (tried ${facts.tries} times in a row): ${facts.reason}.`,
      hint: 'Run the same command again. What has arrived is kept, and the download goes on from there.',
    }),
    'download-too-slow': (facts) => ({
      message: `${facts.url} did not come within ${duration(facts.totalMs)}.`,
      hint: 'Call again: it goes on from there. Or get it another way, and give its path.',
    }),
    'download-too-large': (facts) => ({
      message: `${facts.url} is larger than the ${facts.bytes} bytes that are taken.`,
      hint: 'Look at whether it is what you meant.',
    }),
    'download-not-found': (facts) => ({
      message: `There is nothing at ${facts.url}.`,
      hint: 'Look at the version, and at UPDATE_SOURCE. Some servers answer so where a token is missing: UPDATE_TOKEN.',
    }),
    'download-refused': (facts) => ({
      message: `${facts.url} was refused with status ${facts.status}.`,
      hint:
        facts.status === 401 || facts.status === 403
          ? 'Set UPDATE_TOKEN to a token that may read it. GitHub answers 403, too, to those without a token who ask too often.'
          : 'Look at UPDATE_SOURCE, or get it another way, and give its path.',
    }),
    'download-tls': (facts) => ({
      message: `${facts.url} cannot be trusted: ${facts.reason}.`,
      hint: 'If its certificate is by an authority of your own, name that in the environment: NODE_EXTRA_CA_CERTS=/path/ca.pem. Look at the clock of this machine, too.',
    }),
    'download-redirect': (facts) => ({
      message: `The download was not followed: ${facts.reason}.`,
      hint: 'Set UPDATE_SOURCE to the https address where the packages are.',
    }),
    'download-insecure': (facts) => ({
      message: `${facts.url} is not encrypted: what comes from there could be anybody’s.`,
      hint: 'Use https. Plain http is taken from this machine itself only.',
    }),
    'download-inward': (facts) => ({
      message: `${facts.url} leads to ${facts.to}, which is closer to this machine than the host in the settings: on this machine, in its network, or in the network of its cloud. maj did not go there: a service there may trust whoever asks, so an answer from outside must not send maj to it.`,
      hint: 'If that is where the packages are, name it in UPDATE_SOURCE (or UPDATE_GITHUB_API).',
    }),
    'github-no-release': (facts) => ({
      message: `${facts.repository} has no release ${facts.tags.join(' or ')} on GitHub that can be seen from here. ${versionsThere(facts.versions)}`,
      hint: 'Look at its page of releases. For a private repository, set UPDATE_TOKEN.',
    }),
    'github-no-package': (facts) => ({
      message: `The release ${facts.tag} of ${facts.repository} holds no package${facts.names.length === 0 ? '.' : `; it holds:\n${list(facts.names)}`}`,
      hint: 'Attach one to the release, such as app-1.1.0.tar.gz, with app-1.1.0.tar.gz.sha256. What GitHub itself packs of the source may change, and has no sum.',
    }),
    'github-answer': (facts) => ({
      message: `${facts.url} does not answer as GitHub does: ${facts.reason}`,
      hint: 'Look at UPDATE_GITHUB_API.',
    }),
    'git-failed': (facts) => ({
      message: `\`${facts.command}\` failed: ${facts.output}`,
      hint: 'Call it by hand as the user that runs maj, and look at UPDATE_SOURCE.',
    }),
    'git-no-version': (facts) => ({
      message: `${facts.repository} has no tag ${facts.tags.join(' or ')}. ${versionsThere(facts.versions)}`,
      hint: `Tag the commit of version ${facts.version}, or name a commit.`,
    }),
    'git-tags-differ': (facts) => ({
      message: `The tags ${facts.tags.join(' and ')} of ${facts.repository} are of two commits: ${facts.commits.join(', ')}.`,
      hint: 'Name the commit that you mean, or remove one of the tags.',
    }),
    'git-no-commit': (facts) => ({
      message: `${facts.repository} knows no commit “${facts.name}”.`,
      hint: 'Give a version that is tagged, or a commit, a tag or a branch.',
    }),
    'git-submodules': (facts) => ({
      message: `Commit ${facts.commit} has submodules, which \`git archive\` leaves out:\n${list(facts.paths)}`,
      hint: 'Make a package that holds them, and give its path.',
    }),
    'git-lfs': (facts) => ({
      message: `Commit ${facts.commit} keeps these files in Git LFS. An archive of the commit would hold only pointers, not the files:\n${list(facts.paths)}`,
      hint: 'Make a package that holds them, and give its path.',
    }),
    'git-unsigned': (facts) => ({
      message: `maj makes this package from a commit, so it has no signature. But UPDATE_PUBLIC_KEY requires a signature by ${oneOfKeys(facts.keyIds)}.`,
      hint: 'Use signed packages, or unset UPDATE_PUBLIC_KEY.',
    }),
    'public-key-invalid': (facts) =>
      facts.found === 'secret'
        ? {
            message: `${facts.path} holds a secret key.`,
            hint: 'Only the public part belongs here, as `gpg --armor --export KEY` writes it. Remove the file: whoever reads it can sign packages.',
          }
        : {
            message:
              facts.found === 'nothing'
                ? `UPDATE_PUBLIC_KEY is no public key of minisign, and there is no file ${facts.path}.`
                : `${facts.path} holds no public key, neither of minisign nor of OpenPGP.`,
            hint: 'For minisign, set it to the second line of the .pub file, 56 letters that begin with RW, or to the path of that file. For OpenPGP (gpg), set it to the path of a file that `gpg --armor --export KEY` wrote.',
          },
    'gpgv-missing': (facts) => ({
      message: `${facts.keyFile} holds a key of OpenPGP, and the program gpgv, which checks its signatures, was not found.`,
      hint: 'Install it: apt install gpgv, or dnf install gnupg2.',
    }),
    'signature-missing': (facts) => ({
      message: `${facts.path} is not signed: there is no ${facts.sigFiles.join(' and no ')}. UPDATE_PUBLIC_KEY asks for a signature by ${oneOfKeys(facts.keyIds)}.`,
      hint:
        facts.kind === 'minisign'
          ? 'Get the .minisig file from whoever made the package. It is made by `minisign -S -m PACKAGE`.'
          : 'Get the .asc or .sig file from whoever made the package. It is made by `gpg --armor --detach-sign PACKAGE`.',
    }),
    'signature-unreadable': (facts) =>
      facts.kind === 'minisign'
        ? {
            message: `${facts.sigFile} is no signature of minisign.`,
            hint: 'Get the four lines of the .minisig file again, as they are.',
          }
        : {
            message: `${facts.sigFile} is no signature of OpenPGP.`,
            hint: 'Get the file again, as it is: from “-----BEGIN PGP SIGNATURE-----” to “-----END PGP SIGNATURE-----”, or its bytes.',
          },
    'signature-of-message': (facts) => ({
      message: `${facts.sigFile} is a whole signed message. It says nothing of ${facts.path}, which lies beside it.`,
      hint: 'Get the detached signature of the package from whoever made it: `gpg --armor --detach-sign PACKAGE`.',
    }),
    'signature-several': (facts) => ({
      message: `${facts.sigFile} holds more than one signature.`,
      hint: 'Leave only the one by the key of UPDATE_PUBLIC_KEY in it, or get a file with that one alone.',
    }),
    'signature-of-text': (facts) => ({
      message: `${facts.sigFile} is a signature of text: it would hold for ${facts.path} with other line ends, too.`,
      hint: 'Have the package signed by `gpg --armor --detach-sign PACKAGE`, without --textmode.',
    }),
    'signature-weak': (facts) => ({
      message: `${facts.sigFile} is a signature by ${facts.digest}: another file than ${facts.path} can be made to fit it.`,
      hint: 'Have the package signed by `gpg --digest-algo SHA512 --armor --detach-sign PACKAGE`.',
    }),
    'signature-expired': (facts) => ({
      message: `${facts.sigFile}, by ${JSON.stringify(facts.userId)}, has expired.`,
      hint: 'Get a newer release, or have this one signed again by whoever made it.',
    }),
    'signature-key-expired': (facts) => ({
      message: `${facts.sigFile} was made by the key of ${JSON.stringify(facts.userId)}. According to ${facts.keyFile}, this key has expired.`,
      hint: `Its owner may have made it valid for longer. ${newKey(facts.keyFile)}`,
    }),
    'signature-key-revoked': (facts) => ({
      message: `${facts.sigFile} was made by the key of ${JSON.stringify(facts.userId)}, which its owner has revoked: somebody else may have it.`,
      hint: `Do not use the package. Get one that is signed by the owner's new key. ${newKey(facts.keyFile)}`,
    }),
    'signature-unchecked': (facts) => ({
      message: `gpgv cannot check ${facts.sigFile}: ${oneLine(facts.output)}`,
      hint: 'Its own words above say why. A newer gpgv may know what this signature is made with; else get the signature again.',
    }),
    'signature-legacy': (facts) => ({
      message: `${facts.sigFile} is a signature of the old kind, for which all of ${facts.path} would have to be in memory (${facts.bytes} bytes).`,
      hint: 'Have it signed by `minisign -S -H`, which signs its sum.',
    }),
    'signature-other-key': (facts) => ({
      message: `${facts.sigFile} was made by the key ${facts.found}, not by ${oneOfKeys(facts.keyIds)}, which UPDATE_PUBLIC_KEY asks for.`,
      hint: `If the key was changed, let its owner confirm that, not the place where the package came from. ${newPackage}`,
    }),
    'signature-wrong': (facts) => ({
      message: `${facts.sigFile} is not the signature of ${facts.path}.`,
      hint: `One of them was changed, or is of another version. ${newPackage}`,
    }),
    'signature-comment-wrong': (facts) => ({
      message: `The trusted comment of ${facts.sigFile} was changed: ${JSON.stringify(facts.comment)} is not what was signed.`,
      hint: newPackage,
    }),
    'package-changed': (facts) => ({
      message: `${facts.path} was changed while it was read.`,
      hint: 'Wait until it is copied completely, then call again.',
    }),
    'package-damaged': (facts) => ({
      message: `${facts.path} is damaged: ${facts.reason}.`,
      hint: newPackage,
    }),
    'package-unsafe': (facts) => ({
      message: `${facts.package} is refused for “${oneLine(facts.entry)}”: ${problemTexts[facts.problem]}.`,
      hint: 'Nothing of it was kept. Ask whoever made the package.',
    }),
    'version-file-missing': (facts) => ({
      message: `${facts.path} holds no ${facts.name}, which would tell its version.`,
      hint: versionHint,
    }),
    'version-not-told': (facts) => ({
      message: `${facts.path} does not tell its version: ${noVersionTexts[facts.because](facts.name)}.`,
      hint: versionHint,
    }),
    'version-invalid': (facts) => ({
      message: `${facts.name} in ${facts.path} holds “${facts.text.slice(0, 60)}”, which is no version.`,
      hint: `It must be a version such as 1.1.0, 24.05 or 2.0-rc1. ${versionHint}`,
    }),
    'version-other': (facts) => ({
      message: `The package is of version ${facts.version}, not ${facts.wanted}.`,
      hint: 'Name the right package, or the version that it is of.',
    }),
    'version-same': (facts) => ({
      message: `Version ${facts.version} is installed already.`,
      hint: 'Nothing is to be done. To install it again all the same: --reinstall.',
    }),
    'version-older': (facts) => ({
      message: `Version ${facts.version} is older than the installed ${facts.installed}.`,
      hint: 'To go back to the version before the last upgrade: `maj upgrade --roll-back`. If no migration was applied since the older version, --allow-downgrade installs it.',
    }),
    'downgrade-migrations': (facts) => ({
      message: `The database is newer than version ${facts.version} knows. These migrations were applied, and the package does not have them, or has them otherwise:\n${list(facts.migrations)}`,
      hint: 'Restore the backup from before them, with its files: `maj backups`, then `maj restore BACKUP`.',
    }),
    'requirements-no-file': (facts) => ({
      message: `maj.json in ${facts.path} is not a file of at most ${facts.bytes} bytes.`,
      hint: 'Ask whoever made the package. The format is in docs/packages.md.',
    }),
    'requirements-invalid': (facts) => ({
      message: `maj.json in ${facts.path} cannot be read:\n${list(facts.problems.map(requirementsText))}`,
      hint: 'Ask whoever made the package. The format is in docs/packages.md.',
    }),
    'requirements-unmet': (facts) => ({
      message: `Version ${facts.version} needs what is not here:\n${list(facts.unmet.map(unmetText))}`,
      hint: 'Install it, then call again. PHP and Node are those on the PATH of maj.',
    }),
    'adopt-other-version': (facts) => ({
      message: `${facts.path} is of version ${facts.version}; installed is ${facts.installed}. Nothing was recorded.`,
      hint: `Name the package that version ${facts.installed} came in: maj adopt-release PACKAGE`,
    }),
    'adopt-other-package': (facts) => ({
      message: `The installed application did not come from this package: of the ${counted(facts.files, 'file')} in ${facts.path}, only ${facts.same} are installed with the same content. Nothing was recorded.`,
      hint: `Name the package that version ${facts.version} was installed from: maj adopt-release PACKAGE`,
    }),
    'release-known': (facts) => ({
      message: `maj knows already what version ${facts.version} consists of, from another package: ${facts.path}. Nothing was recorded.`,
      hint: 'Nothing has to be done: the next upgrade tells your files from those of the release.',
    }),
    'installed-version-invalid': (facts) => ({
      message: `The installed application says that its version is “${facts.text.slice(0, 60)}”, which is no version.`,
      hint: versionHint,
    }),
    'release-exists': (facts) => ({
      message: `There is already a release ${facts.version} in ${facts.path}.`,
      hint: 'If nothing uses it, rename or remove that folder, then call again.',
    }),
    'current-not-link': (facts) => ({
      message: `${facts.path} is not a link.`,
      hint: 'With APP_LAYOUT=releases it must link to the installed release, as in current -> releases/1.0.0.',
    }),
    'inside-application': (facts) => ({
      message: `${facts.path} lies in ${facts.appDir}, which an upgrade replaces.`,
      hint: {
        project: 'Keep the project folder (with .env and .maj) outside of APP_DIR, and say --project.',
        state: 'Keep the project folder (with .env and .maj) outside of APP_DIR, and say --project.',
        backups: 'Set BACKUP_DIR to a folder outside of APP_DIR.',
      }[facts.what === 'backups' ? 'backups' : facts.what === 'state' ? 'state' : 'project'],
    }),
    'is-mount-point': (facts) => ({
      message: `${facts.path} is a mount point: it cannot be renamed.`,
      hint: facts.persistent
        ? `Mount it outside of APP_DIR, and put a symbolic link to it in its place. ${notInBackups}`
        : 'Set APP_DIR to a folder below the mount point, or use APP_LAYOUT=releases.',
    }),
    'mounted-within': (facts) => ({
      message: `${facts.path} is a mount point within ${facts.tree}, which is replaced: the new release would not have it.`,
      hint: `Mount it outside of the application, and put a symbolic link to it in its place. ${notInBackups}`,
    }),
    'may-not-rename': (facts) => ({
      message: `maj runs as ${facts.user}, which may not write to folders that a switch renames, or renames things in:\n${list(facts.folders.map(({ path, reason }) => `${path}: ${reason}`))}`,
      hint: `Run maj as the user that they belong to, or as root; or let ${facts.user} write to them (chown, or chmod u+w or g+w). See “Permissions” in docs/applications.md. A file system that is mounted read-only has to be mounted for writing.`,
    }),
    'not-shared': (facts) => ({
      message: `Paths of APP_PERSIST lie in the release that runs and not in what releases share: the new release would not have them.\n${list(facts.paths.map(({ path }) => path))}`,
      hint: `Keep the application from writing to them (\`maj maintenance on\`), then, as the user that they belong to or as root:\n${facts.paths
        .flatMap(shareCommands)
        .map((line) => `  ${line}`)
        .join('\n')}\nThen call again, and end the maintenance (\`maj maintenance off\`).`,
    }),
    'area-not-roots': (facts) => ({
      message: `${facts.area} does not belong to root: its owner could change what root does in it.`,
      hint: 'Remove it, if no run is unfinished (`maj status`): maj makes it anew.',
    }),
    'not-one-file-system': (facts) => ({
      message: `${facts.area} is not on the file system of ${facts.target}: trees could not be switched by renaming.`,
      hint: 'Remove what makes it so (a link or a mount), then call again.',
    }),
    'persist-invalid': (facts) => ({
      message: `APP_PERSIST holds “${facts.path}”, which is not a path inside the application.`,
      hint: 'Give paths relative to APP_DIR, such as uploads or var/data.',
    }),
    'release-list-damaged': (facts) => ({
      message: `The file list ${facts.path} cannot be read.`,
      hint: 'Remove it: then files of your own cannot be told from old ones, and stay in the old tree.',
    }),
    'switch-lost': (facts) => ({
      message: `The old application is no longer in ${facts.kept}: the switch cannot be taken back.`,
      hint: 'Restore the files from the backup: `maj restore`.',
      state: 'The new application is in place.',
    }),
    'apply-half-way': (facts) => ({
      message: `The switch failed (${facts.reason}), and taking it back failed too: ${facts.problem}`,
      hint: 'Correct that, then: maj upgrade --roll-back',
    }),
  } satisfies Partial<ErrorTexts>,
  steps: {
    'verify-package': (facts) => `Check the sum of ${facts.path}`,
    'download-package': (facts) => `Get ${facts.url}`,
    'fetch-repository': (facts) => `Fetch ${facts.repository}`,
    'archive-commit': (facts) => `Pack commit ${facts.commit.slice(0, 12)} of ${facts.repository}`,
    'check-requirements': (facts) => `Check what version ${facts.version} needs`,
    'unpack-package': (facts) => `Unpack ${facts.path}`,
    'complete-release': () => 'Complete the new release',
    'switch-files': (facts) => `Switch to version ${facts.version}`,
  } satisfies Partial<StepTexts>,
  notes: {
    'files-compared': (facts) =>
      ['Files of the application:', ...changeLines(facts).map((line) => `  ${line}`)].join('\n'),
    'files-modified': (facts) => {
      const lines = facts.files.flatMap(editedLines);
      const shown = 200;
      return [
        `Files of the installed release were edited here; the new ones replace them (the old ones are kept):`,
        list(facts.paths),
        ...lines.slice(0, shown),
        ...(lines.length > shown ? [`  … and ${lines.length - shown} lines more (--json has them)`] : []),
      ].join('\n');
    },
    'files-displaced': (facts) =>
      `Files of yours have the names of files of the new release, which replace them (they are kept in the old tree):\n${list(facts.paths)}`,
    'files-carried-late': (facts) =>
      `Made or changed since the new release was completed, and carried over, too:\n${list(facts.paths)}`,
    'files-written-late': (facts) =>
      [
        'Files of the old application were written to after they had been looked at, or while they were switched:',
        ...some('  copied into the new release', facts.copied),
        ...some(`  only in ${facts.kept}`, facts.left),
      ].join('\n'),
    'originals-unreadable': (facts) =>
      `The package of the installed release, ${facts.path}, cannot be unpacked to show what was edited: ${facts.reason}`,
    'files-carried': (facts) =>
      `These files are yours (no release holds them). They are carried over into the new release:\n${folderLines(facts.paths)}`,
    'version-unknown': (facts) =>
      `${facts.path} does not tell its version (APP_VERSION_FILE is ${facts.name}), so maj cannot tell whether ${facts.version} is newer. ${versionHint}`,
    'release-unknown': (facts) =>
      [
        `maj did not install this application, so it cannot tell your files from those of the old release. Nothing is removed: every file that the new release does not bring is carried over into it.`,
        folderLines(facts.paths),
        `\`maj adopt-release${facts.installed === null ? ' PACKAGE' : ''}\` compares the application with the package it came from. Then only your files are carried over.`,
      ].join('\n'),
    'package-ships-persistent': (facts) =>
      `The package holds paths of APP_PERSIST; the installed ones stay:\n${list(facts.paths)}`,
    'owners-not-kept': (facts) =>
      `${facts.count} new files could not be given their owner (user ${facts.uid}), as ${facts.path}: only root can.`,
    'setuid-not-kept': (facts) =>
      `The copies of these files lost setuid or setgid: ${nameList(facts.paths)}. The old files ran as root or as maj’s user, or with the group of one of these, no matter who started them. To set it again where it is needed: chmod u+s FILE, or chmod g+s FILE.`,
    'download-again': (facts) => `${facts.url}: ${facts.reason}; again in ${duration(facts.waitMs)}.`,
    'package-there': (facts) => `${facts.path} is there already, and its sum is right.`,
    'package-of-commit': (facts) => `The package is commit ${facts.commit} of ${facts.repository}.`,
    'package-signed': (facts) => `${signature(facts)}.`,
    'release-list-missing': (facts) =>
      `The file list ${facts.path} is gone: the next upgrade will not tell files of yours from old ones.`,
  } satisfies Partial<NoteTexts>,
  results: {
    applyPlan: (facts: {
      version: string;
      previous: string | null;
      moves: readonly string[];
      changes: FileChanges;
    }): readonly string[] => [
      `Would switch from ${facts.previous ?? 'nothing installed'} to ${facts.version}:`,
      ...facts.moves.map((move) => `  ${move}`),
      ...changeLines(facts.changes).map((line) => `  ${line}`),
      'Nothing was changed.',
    ],
    moves: (moves: readonly Move[]): readonly string[] =>
      moves.map((move) =>
        move.kind === 'rename'
          ? `${oneLine(move.from)} -> ${oneLine(move.to)}`
          : `${oneLine(move.path)} now links to ${oneLine(move.after)}`,
      ),
    confirmApply: (facts: { version: string; previous: string | null; appDir: string }) =>
      `Replace ${facts.previous === null ? 'nothing' : `version ${facts.previous}`} in ${facts.appDir} by version ${facts.version}? Database and maintenance are left alone.`,
    confirmUnknown: (facts: UnknownRelease) =>
      `Installed, but not in version ${facts.version}: ${counted(facts.files, 'file')}. maj cannot tell which of them are yours, so it carries all of them over into the new version. (To find out first, answer no and run \`maj adopt-release${facts.installed === null ? ' PACKAGE' : ''}\`.) Upgrade?`,
    adopted: (facts: AdoptedRelease): readonly string[] => [
      `maj now knows version ${facts.version}: of the ${counted(facts.files, 'file')} in ${facts.package}, ${counted(facts.same, 'file')} are installed with the same content.`,
      ...some('edited here; an upgrade replaces them, and keeps the old ones', facts.edited),
      ...some('not here', facts.missing),
      ...(facts.own.length === 0
        ? ['Every other file here is in APP_PERSIST.']
        : ['In no release, so yours; an upgrade carries them over:', folderLines(facts.own)]),
    ],
    applied: (facts: { version: string; appDir: string; kept: string | null }): readonly string[] => [
      `Version ${facts.version} is in ${facts.appDir}.`,
      ...(facts.kept === null ? [] : [`The old one is kept in ${facts.kept}.`]),
    ],
    packageSound: (facts: PackageReport): readonly string[] => [
      `${facts.path} is sound: version ${facts.version}, ${facts.files} files, sha256 ${facts.sha256}.`,
      ...(facts.signedBy === null ? [] : [`${signature(facts.signedBy)}.`]),
      ...Object.entries(facts.requirements).map(
        ([key, needed]) => `It needs ${key}: ${typeof needed === 'string' ? needed : JSON.stringify(needed)}`,
      ),
    ],
  },
};

/** The commands that let releases share a path which one of them has for itself. */
function shareCommands({ path, shared, remedy, leadsTo }: NotShared): readonly string[] {
  const makeFolder = quoteWords(['mkdir', '-p', dirname(shared)]);
  const link = (target: string, at: string): string => quoteWords(['ln', '-s', target, at]);
  switch (remedy) {
    case 'move':
      return [makeFolder, quoteWords(['mv', path, shared]), link(shared, path)];
    case 'link':
      return [
        makeFolder,
        '# A backup holds only this link, where it leads out of APP_DIR: back up what lies there in its own way.',
        link(leadsTo, shared),
      ];
    case 'decide':
      return [
        `# ${shared} is there, too: what is to stay has to lie there. Then move the other one out of the release, and:`,
        link(shared, path),
      ];
  }
}
