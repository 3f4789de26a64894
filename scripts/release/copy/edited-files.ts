import { unifiedDiff } from '../../core/unified-diff.ts';
import { mayHoldSecrets, secretLines } from '../secrets.ts';

/** What was done to a file of the installed release, as far as it may be shown. */
export type EditedFile =
  | {
      readonly kind: 'diff';
      readonly path: string;
      readonly lines: readonly string[];
      /** How many more lines the difference has. */
      readonly more: number;
    }
  | { readonly kind: Unshown; readonly path: string };

/**
 * Why a difference is not shown: the original is not at hand; it is no text; its content is nobody's business; it is too
 * long to compare; it became a folder, a link or something else; enough others are shown.
 */
export type Unshown = 'no-original' | 'binary' | 'secret' | 'large' | 'not-a-file' | 'too-many';

/** How much is shown: a report is read by somebody. */
export const editedLimits = { files: 20, lines: 40, bytes: 200_000 };

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Shows how a file was edited: pure. Lines that speak of a password, a key or the like are not shown, whatever the file
 * is called.
 */
export function showEdited(path: string, original: Buffer | undefined, edited: Buffer): EditedFile {
  if (mayHoldSecrets(path)) return { kind: 'secret', path };
  if (original === undefined) return { kind: 'no-original', path };
  if (original.length > editedLimits.bytes || edited.length > editedLimits.bytes)
    return { kind: 'large', path };
  const [before, after] = [textOf(original), textOf(edited)];
  if (before === undefined || after === undefined) return { kind: 'binary', path };
  if (privateKey.test(before) || privateKey.test(after)) return { kind: 'secret', path };
  const lines = withoutSecrets(
    unifiedDiff(path, before, after, { before: 'of the release', after: 'here' }),
    before,
    after,
  ).map(printable);
  return {
    kind: 'diff',
    path,
    lines: lines.slice(0, editedLimits.lines),
    more: Math.max(0, lines.length - editedLimits.lines),
  };
}

/** The text of a file; undefined when it is none. */
function textOf(content: Buffer): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** The lines of a difference, without those that are secret in the text that they are of. */
function withoutSecrets(lines: readonly string[], before: string, after: string): readonly string[] {
  const secret = { before: secretLines(before), after: secretLines(after) };
  const at = { before: 0, after: 0 };
  const shown: string[] = [];
  for (const [index, line] of lines.entries()) {
    const hunk = /^@@ -(\d+)\S* \+(\d+)/.exec(line);
    if (hunk !== null) Object.assign(at, { before: Number(hunk[1]) - 1, after: Number(hunk[2]) - 1 });
    // The two names on top, by their place: a removed line `-- DB_PASS` looks like one.
    if (hunk !== null || index < 2) {
      shown.push(line);
      continue;
    }
    const isSecret = sidesOf(line)
      .map((side) => secret[side][at[side]++])
      .includes(true);
    shown.push(isSecret ? `${line.slice(0, 1)}…` : line);
  }
  return shown;
}

const sidesOf = (line: string): readonly ('before' | 'after')[] => sides[line.slice(0, 1)] ?? [];
/** Not `\ No newline at end of file`. */
const sides: Readonly<Record<string, readonly ('before' | 'after')[]>> = {
  '-': ['before'],
  '+': ['after'],
  ' ': ['before', 'after'],
};

/** Without whatever would move the cursor or colour the terminal. */
const printable = (line: string): string => line.replaceAll(/[^\P{Cc}\t]/gu, '\ufffd').slice(0, 200);
