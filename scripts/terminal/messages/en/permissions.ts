import type { FileReport, ProblemPaths } from '../../../application/look-at-files.ts';
import { oneLine } from '../../../system/printable.ts';
import { counted } from '../../format.ts';

/** What the settings do not tell of the application's files, and the remedy: a few lines. */
export function fileLines({ user, code, missing, data }: FileReport): readonly string[] {
  const folders = data
    .slice(0, mostFolders)
    .map(({ folder, files }) => `${oneLine(folder)}/ (${counted(files, 'file')})`);
  const more =
    data.length > folders.length ? `, and ${counted(data.length - folders.length, 'more folder')}` : '';
  return [
    ...(code.writable === 0
      ? []
      : [
          `${user} may write to ${code.writable.toLocaleString('en')} of ${counted(code.files, 'file')} outside APP_PERSIST`,
        ]),
    ...missing.map(
      (path) => `APP_PERSIST names ${oneLine(path)}, which is not there. Correct its name, or make it.`,
    ),
    ...(folders.length === 0
      ? []
      : [
          `written since the release was installed: ${folders.join(', ')}${more}. If that is data of yours, name it in APP_PERSIST; it is not part of a release.`,
        ]),
  ];
}

const mostFolders = 5;

const userTexts: Readonly<Record<FileReport['userBy'], string>> = {
  'app-user': 'APP_USER',
  usual: 'the usual user of web servers, for APP_USER is not set',
  owner: 'the owner of the application, for APP_USER is not set',
};

/** Whom the web server was taken to run as, and why. */
const userText = ({ user, userBy }: Pick<FileReport, 'user' | 'userBy'>): string =>
  `${user} (${userTexts[userBy]})`;

/** What is wrong with permissions, and what corrects it: a few lines, one at least. */
export function permissionLines(report: FileReport): readonly string[] {
  const { problems, partly } = report;
  const lines = (of: ProblemPaths, what: string, remedy: string): readonly string[] =>
    of.count === 0
      ? []
      : [
          `${what}: ${of.count}. ${remedy}`,
          ...of.first.map((path) => `  ${oneLine(path)}`),
          ...(of.count > of.first.length ? [`  … and ${of.count - of.first.length} more`] : []),
        ];
  const found = [
    ...lines(
      problems.unreadable,
      `${userText(report)} cannot read`,
      'Give them to a group that it is in, and to that group the right: chgrp, chmod g+rX.',
    ),
    ...lines(problems.writable, 'anybody on this machine can write to', 'Take that away: chmod o-w.'),
    ...lines(problems.exposed, 'anybody on this machine can read secrets in', 'Take that away: chmod o-r.'),
    ...(partly ? ['there are more files than were looked at'] : []),
  ];
  return found.length === 0 ? [`as they should be, for ${userText(report)}`] : found;
}
