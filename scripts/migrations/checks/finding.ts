import type { Position } from '../../sql/lexer.ts';
import type { FindingFacts, Severity } from './rule.ts';
import { rules, type RuleCode } from './rules/index.ts';
import { refusals } from './rules/reach.ts';

/** What a comment to the checks does wrong, see `allow.ts`. */
const ofComments = {
  'allow-malformed': 'warning',
  'allow-unknown-code': 'warning',
  'allow-unused': 'warning',
} as const;

/** The name of a finding, the same in every language and from version to version. */
export type FindingCode = RuleCode | keyof typeof ofComments;

/** Every finding there is: those of the rules, and of the comments to them. */
export const severities = Object.fromEntries(
  [...rules.map(({ findings }) => findings), ofComments].flatMap((some) => Object.entries(some)),
) as Readonly<Record<FindingCode, Severity>>;

const weights: readonly Severity[] = ['error', 'warning', 'info'];

/** The names, in the order of the documentation: what weighs most comes first. */
export const findingCodes: readonly FindingCode[] = weights.flatMap((weight) =>
  (Object.keys(severities) as readonly FindingCode[]).filter((code) => severities[code] === weight),
);

/** Whether no script with this finding may run. */
export const mayNeverRun = (code: FindingCode): code is keyof typeof refusals =>
  Object.hasOwn(refusals, code);

/** Whether a comment in the script can silence it. A comment that is wrong is corrected, not allowed. */
export const isAllowable = (code: FindingCode): boolean => !mayNeverRun(code) && !code.startsWith('allow-');

/** How a server changes a table: the words of its ALGORITHM clause (NOCOPY is MariaDB's). */
type Algorithm = 'INSTANT' | 'NOCOPY' | 'INPLACE' | 'COPY';

/** What a dry run measured of a statement. */
export interface Evidence {
  readonly seconds: number;
  /** Rows changed, as the server counts them. */
  readonly rows: number;
  readonly warnings: number;
  /** Where it was tried. */
  readonly algorithm?: Algorithm | undefined;
}

/** Something in a script that somebody should look at. */
export interface Finding extends FindingFacts, Position {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly file: string;
  /** The number of the statement, from 1; not given for a comment behind the last one. */
  readonly statement?: number;
  /** The reason for which the script allows it. */
  readonly allowed?: string;
  /** What a dry run measured of the statement; see `joinEvidence`. */
  readonly evidence?: Evidence;
}
