import { hasBlock, withBlock, withoutBlock } from './block.ts';

/** Where maj is called from in a hook; hooks run in the root of the repository (githooks(5)). */
export interface HookCall {
  /** The folder of the installed package, from the root; undefined: Yarn's Plug'n'Play, which has none. */
  readonly packageFolder: string | undefined;
  /** The project's folder from the root; `.`: the root itself. */
  readonly project: string;
}

/** Paths from the root are written into shell scripts and into other programs' files: none needs quoting there. */
export const isPlainPath = (path: string): boolean => /^[\w./@+-]+$/.test(path);

/** The command that judges a push, for hook managers that have a line of their own. Pure. */
export const gateCommand = ({ packageFolder, project }: HookCall, words: string): string =>
  packageFolder === undefined
    ? `yarn --cwd ${project} run maj gate --project . ${words}`
    : `sh ${packageFolder}/hooks/pre-push ${project} ${words}`;

/** The lines of a shell script that judge a push, and hand git's lines on to what comes after them. Pure. */
function hookLines(call: HookCall): string[] {
  const { packageFolder, project } = call;
  const refusal = (reason: string): string => `echo "maj: the push is refused: ${reason}" >&2`;
  const find =
    packageFolder === undefined
      ? []
      : [
          `maj_hook=${packageFolder}/hooks/pre-push`,
          '# A linked worktree of git may have no packages: those of the main checkout count.',
          '[ -f "$maj_hook" ] || maj_hook=$(git rev-parse --git-common-dir)/../$maj_hook',
          'if [ ! -f "$maj_hook" ]; then',
          `  ${refusal('maj-kit is not installed here. Install the packages of this project.')}`,
          '  exit 1',
          'fi',
        ];
  const judge = packageFolder === undefined ? gateCommand(call, '"$@"') : `sh "$maj_hook" ${project} "$@"`;
  return [
    'maj_lines=$(cat)',
    ...find,
    `printf '%s\\n' "$maj_lines" | ${judge} || exit 1`,
    'if [ -n "$maj_lines" ]; then',
    '  exec <<maj_end',
    '$maj_lines',
    'maj_end',
    'else',
    '  exec </dev/null',
    'fi',
  ];
}

const emptyHook = '#!/bin/sh\n';

/**
 * A hook that judges the push first, and then does what it did before; undefined where it is no script of a shell. Pure.
 *
 * @param before undefined: there is none
 */
export function withHook(before: string | undefined, call: HookCall): string | undefined {
  if (before === undefined) return withBlock(emptyHook, hookLines(call));
  if (hasBlock(before)) return before;
  const lines = before.split('\n');
  const [first = ''] = lines;
  if (first.startsWith('#!') && !/\b(?:sh|bash|dash|zsh|ksh)\b/.test(first)) return undefined;
  // husky 8 starts the script once more from here.
  const starter = lines.findIndex((line) => /^\.\s.*_\/husky\.sh/.test(line));
  return withBlock(before, hookLines(call), Math.max(starter + 1, first.startsWith('#!') ? 1 : 0));
}

/** The hook as it was before; undefined: there was none. Pure. */
export function withoutHook(text: string): string | undefined {
  const rest = withoutBlock(text);
  return rest.trim() === emptyHook.trim() ? undefined : rest;
}
