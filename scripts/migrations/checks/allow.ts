import { plainMode, positionOf, tokensWithComments, type Position } from '../../sql/lexer.ts';
import { followSqlMode, initialModeState } from '../../sql/sql-mode.ts';
import type { Statement } from '../../sql/statement.ts';
import { findingCodes, isAllowable, severities, type Finding, type FindingCode } from './finding.ts';

/** A comment that asks for something of the checks: `-- maj: allow drop-column: replaced by users.full_name`. */
interface AllowComment extends Position {
  /** What it allows, for the whole script or for one statement; undefined when it is not written as it must be. */
  readonly allow: { readonly code: string; readonly reason: string; readonly wholeFile: boolean } | undefined;
  /** The statement that it is for; undefined when none follows. */
  readonly statement: number | undefined;
}

const addressed = /^(?:--|#)\s*maj:\s*(.*)$/i;
const form = /^(allow|allow-file)\s+([^\s:]+)\s*:\s*(\S.*)$/i;

/**
 * Finds the comments of a script that are addressed to the checks. One is for the statement that it stands in, or behind
 * which it stands on the same line; one on a line of its own is for the next statement.
 *
 * @param script its text with LF line ends, and the statements that it was split into
 */
export function allowComments(
  script: { readonly text: string; readonly statements: readonly Statement[] },
  sqlMode: string | undefined,
): AllowComment[] {
  const { text, statements } = script;
  if (!/maj:/i.test(text)) return [];
  const lineStarts = startsOfLines(text);
  const found: AllowComment[] = [];
  const keep = (start: number, comment: string, statement: number | undefined): void => {
    const request = addressed.exec(comment)?.[1];
    if (request === undefined) return;
    const [, verb = '', code = '', reason = ''] = form.exec(request.trim()) ?? [];
    const allow = verb === '' ? undefined : { code, reason, wholeFile: verb.toLowerCase() === 'allow-file' };
    found.push({ allow, statement, ...positionOf(text, start) });
  };
  let modes = initialModeState(sqlMode);
  let end = 0;
  let before: Statement | undefined;
  for (const next of [...statements, undefined]) {
    const start = next === undefined ? text.length : (lineStarts[next.line - 1] ?? 0) + next.column - 1;
    for (const { offset, comment, isBehind } of commentsBetween(text, end, start))
      keep(offset, comment, isBehind && before !== undefined ? before.number : next?.number);
    if (next === undefined) break;
    for (const token of tokensWithComments(next.text, modes.mode))
      if (token.kind === 'comment') keep(start + token.start, token.value, next.number);
    modes = followSqlMode(modes, next.text);
    end = start + next.text.length;
    before = next;
  }
  return found;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** A DELIMITER command may hold quotes that end nowhere. */
const delimiterCommand = /^[ \t]*delimiter\b.*$/gim;

/**
 * The comments between two statements. One is behind the first of them before its delimiter, and on the line on which
 * that stands.
 */
function* commentsBetween(
  text: string,
  from: number,
  to: number,
): Generator<{ offset: number; comment: string; isBehind: boolean }, void> {
  const gap = text.slice(from, to).replace(delimiterCommand, (command) => ' '.repeat(command.length));
  let delimiter = -1;
  for (const token of tokensWithComments(gap, plainMode)) {
    if (token.kind !== 'comment') {
      delimiter = token.start;
      continue;
    }
    const isOnSameLine = !gap.slice(Math.max(delimiter, 0), token.start).includes('\n');
    yield { offset: from + token.start, comment: token.value, isBehind: delimiter < 0 || isOnSameLine };
  }
}

/**
 * Marks the findings that comments in the script allow, with the reason, and adds one for each comment that does nothing:
 * it is not written as it must be, names no code that can be allowed, or there is nothing to allow.
 *
 * @param notLookedFor codes of which nobody knows whether there is something to allow
 */
export function applyAllows(
  file: string,
  findings: readonly Finding[],
  comments: readonly AllowComment[],
  notLookedFor: readonly string[],
): Finding[] {
  const used = new Set<AllowComment>();
  const judged = findings.map((finding) => {
    const comment = comments.find((candidate) => allows(candidate, finding));
    if (comment?.allow === undefined) return finding;
    used.add(comment);
    return { ...finding, allowed: comment.allow.reason };
  });
  const isIdle = (comment: AllowComment): boolean =>
    !used.has(comment) && !notLookedFor.includes(comment.allow?.code ?? '');
  const idle = comments.filter(isIdle).map((comment) => ownFinding(file, comment));
  return [...judged, ...idle].sort((a, b) => a.line - b.line || a.column - b.column);
}

const allows = ({ allow, statement }: AllowComment, finding: Finding): boolean =>
  allow?.code === finding.code &&
  isAllowable(finding.code) &&
  (allow.wholeFile || statement === finding.statement);

const isKnown = (code: string): boolean =>
  findingCodes.some((known: string) => known === code) && isAllowable(code as FindingCode);

function ownFinding(file: string, { allow, statement, line, column }: AllowComment): Finding {
  const code =
    allow === undefined ? 'allow-malformed' : isKnown(allow.code) ? 'allow-unused' : 'allow-unknown-code';
  return {
    code,
    severity: severities[code],
    file,
    line,
    column,
    ...(statement === undefined ? {} : { statement }),
    ...(allow === undefined ? {} : { object: allow.code }),
  };
}
