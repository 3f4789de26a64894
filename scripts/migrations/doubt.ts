import type { Schema } from '../database/fingerprint.ts';
import { tokensOf } from './lexer.ts';
import type { StatementEvidence } from './evidence.ts';

/** What became of a statement whose end nobody saw. */
export type Verdict =
  | { readonly outcome: 'applied' | 'not-applied'; readonly because: 'schema' }
  /** Whether it was applied or not: to run it again does no harm. */
  | { readonly outcome: 'not-applied'; readonly because: 'repeatable' }
  | {
      readonly outcome: 'unknown';
      readonly because:
        'no-evidence' | 'schema-unchanged' | 'schema-differs' | 'runs-code' | 'no-transactions';
    };

/**
 * Settles by evidence what became of a statement: pure. The dry run kept the schema before and after it; the live one is
 * like the one or like the other.
 *
 * @param statement undefined where its text is not known any more
 * @param evidence what the dry run saw of this very statement
 * @param live the live schema, now that nothing runs any more
 */
export function judgeDoubt(
  statement: { readonly kind: string; readonly text: string } | undefined,
  evidence: Pick<StatementEvidence, 'before' | 'after' | 'unowned'> | undefined,
  live: Pick<Schema, 'fingerprint' | 'unowned'>,
): Verdict {
  if (statement !== undefined && isRepeatable(statement.text))
    return { outcome: 'not-applied', because: 'repeatable' };
  // Code that it calls may have changed rows before it stopped; so may rows of a table without transactions.
  if (statement?.kind === 'call') return { outcome: 'unknown', because: 'runs-code' };
  if (statement?.kind === 'rows') return { outcome: 'unknown', because: 'no-transactions' };
  if (evidence === undefined) return { outcome: 'unknown', because: 'no-evidence' };
  // Receipts of the format's first days do not know the schema without its owners.
  const { before, after } = evidence.unowned ?? evidence;
  const now = evidence.unowned === undefined ? live.fingerprint : live.unowned;
  if (before === after) return { outcome: 'unknown', because: 'schema-unchanged' };
  if (now === after) return { outcome: 'applied', because: 'schema' };
  if (now === before) return { outcome: 'not-applied', because: 'schema' };
  return { outcome: 'unknown', because: 'schema-differs' };
}

const repeatable = new Set(['TRUNCATE', 'ANALYZE', 'OPTIMIZE', 'FLUSH', 'GRANT', 'CHECK']);

/** Whether a statement may run twice and leave the same as once. */
function isRepeatable(text: string): boolean {
  const tokens = [...tokensOf(text)];
  const [first = ''] = tokens;
  if (repeatable.has(first)) return true;
  const head = tokens.slice(0, 8).join(' ');
  if (first === 'DROP') return head.includes(' IF EXISTS ') && !/ (?:COLUMN|INDEX) /.test(head);
  // CREATE TABLE … SELECT would fill it once more where it is there and empty.
  if (first !== 'CREATE' || tokens.includes('SELECT')) return false;
  return head.includes(' IF NOT EXISTS ');
}
