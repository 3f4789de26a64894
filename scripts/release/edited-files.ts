import { unifiedDiff } from '../database/unified-diff.ts';

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

const secretNames =
  /(^|\/)(\.env($|\.)|[^/]*\.env$|\.htpasswd|\.netrc|\.npmrc|\.pgpass|\.my\.cnf|auth\.json|wp-config[^/]*\.php|id_(rsa|dsa|ecdsa|ed25519)|[^/]*(secret|credential|password|passwd)[^/]*|[^/]*\.(key|pem|p12|pfx|jks|keystore|ppk))/i;

/** Whether a file is one of those that hold passwords and keys: its content is never shown. */
export const isSecretFile = (path: string): boolean => secretNames.test(path);

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const secretLine =
  /passw|passphrase|secret|token|api.?key|credential|private.?key|salt|\bdsn\b|:\/\/[^/\s:@]*:[^/\s@]+@/i;

/**
 * Shows how a file was edited: pure. Lines that speak of a password, a key or the like are not shown, whatever the file
 * is called.
 */
export function showEdited(path: string, original: Buffer | undefined, edited: Buffer): EditedFile {
  if (isSecretFile(path)) return { kind: 'secret', path };
  if (original === undefined) return { kind: 'no-original', path };
  if (original.length > editedLimits.bytes || edited.length > editedLimits.bytes)
    return { kind: 'large', path };
  const [before, after] = [textOf(original), textOf(edited)];
  if (before === undefined || after === undefined) return { kind: 'binary', path };
  if (privateKey.test(before) || privateKey.test(after)) return { kind: 'secret', path };
  const lines = unifiedDiff(path, before, after, { before: 'of the release', after: 'here' }).map(shown);
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

function shown(line: string): string {
  if (/^(---|\+\+\+|@@) /.test(line) || !secretLine.test(line))
    // Whatever would move the cursor or colour the terminal.
    return line.replaceAll(/[^\P{Cc}\t]/gu, '\ufffd').slice(0, 200);
  return `${line.slice(0, 1)}…`;
}
