import { createHash } from 'node:crypto';
import { describeError, type Messages } from '../messages/catalogue.ts';
import { isFailure, type MajError } from '../core/errors.ts';
import { githubCommand } from './finding-formats.ts';

/** The forms of an answer of the gate that are for programs. */
export type GateReport = 'github' | 'gitlab' | 'json';

/** A reason to refuse, for a list of them. */
interface Problem {
  /** Its kind; of what is no reason of the gate's own rule, the code of the error. */
  readonly kind: string;
  readonly message: string;
  /** The script, from the root of the repository. */
  readonly path?: string | undefined;
}

/** Why a commit may not go, each script by itself. Pure. */
function problemsOf(error: MajError, messages: Messages): Problem[] {
  if (!isFailure(error, 'gate-refused'))
    return [{ kind: error.code, message: describeError(error, messages).message }];
  const { reason: textOf } = messages.results.gate;
  return error.facts.reasons.flatMap((reason): Problem[] =>
    reason.kind === 'scripts-differ'
      ? reason.changes.map((change) => ({
          kind: reason.kind,
          message: textOf({ ...reason, changes: [change] }),
          path: change.path,
        }))
      : [{ kind: reason.kind, message: textOf(reason) }],
  );
}

/** What a program is told of a commit that may go: the facts of it, and their sentences. */
export function openReport(format: GateReport, data: unknown, sentences: readonly string[]): string[] {
  switch (format) {
    case 'github':
      return sentences.map((sentence) => githubCommand('notice', { title: 'maj gate' }, sentence));
    case 'gitlab':
      return ['[]'];
    case 'json':
      return [json({ open: true, allowed: data })];
  }
}

/**
 * The same of one that may not. GitLab wants a place for each (its documentation, "Code Quality report format"): where a
 * reason has none, the folder of the migrations is named.
 */
export function refusedReport(
  format: GateReport,
  error: MajError,
  messages: Messages,
  folder: string,
): string[] {
  const { message, hint } = describeError(error, messages);
  const problems = problemsOf(error, messages);
  switch (format) {
    case 'github':
      return problems.map(({ kind, message: said, path }) =>
        githubCommand(
          'error',
          { ...(path === undefined ? {} : { file: path }), title: kind },
          `${said}\n${hint}`,
        ),
      );
    case 'gitlab':
      return [
        json(
          problems.map(({ kind, message: said, path = folder }) => ({
            description: said,
            check_name: kind,
            fingerprint: createHash('sha256').update(`${kind} ${path} ${said}`).digest('hex'),
            severity: 'blocker',
            location: { path, lines: { begin: 1 } },
          })),
        ),
      ];
    case 'json':
      return [json({ open: false, code: error.code, facts: error.facts, message, next: hint, problems })];
  }
}

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);
