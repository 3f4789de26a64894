import type { PermissionReport, ProblemPaths } from '../../../application/look-at-permissions.ts';
import { oneLine } from '../../../system/printable.ts';

/** What is wrong with permissions, and what corrects it: a few lines. */
export function permissionLines({ user, problems, partly }: PermissionReport): readonly string[] {
  const lines = (of: ProblemPaths, what: string, remedy: string): readonly string[] =>
    of.count === 0
      ? []
      : [
          `${what}: ${of.count}. ${remedy}`,
          ...of.first.map((path) => `  ${oneLine(path)}`),
          ...(of.count > of.first.length ? [`  … and ${of.count - of.first.length} more`] : []),
        ];
  return [
    ...lines(
      problems.unreadable,
      `${user} (APP_USER) cannot read`,
      'Give them to a group that it is in, and to that group the right: chgrp, chmod g+rX.',
    ),
    ...lines(problems.writable, 'anybody on this machine can write to', 'Take that away: chmod o-w.'),
    ...lines(problems.exposed, 'anybody on this machine can read secrets in', 'Take that away: chmod o-r.'),
    ...(partly ? ['there are more files than were looked at'] : []),
  ];
}
