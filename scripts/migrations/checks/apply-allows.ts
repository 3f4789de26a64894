import type { AllowComment } from './allow.ts';
import { findingCodes, isAllowable, severities, type Finding, type FindingCode } from './finding.ts';

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
  notLookedFor: readonly FindingCode[] = [],
): Finding[] {
  const used = new Set<AllowComment>();
  const judged = findings.map((finding) => {
    const comment = comments.find((candidate) => allows(candidate, finding));
    if (comment?.allow === undefined) return finding;
    used.add(comment);
    return { ...finding, allowed: comment.allow.reason };
  });
  const isIdle = (comment: AllowComment): boolean =>
    !used.has(comment) && !notLookedFor.some((code) => code === comment.allow?.code);
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
