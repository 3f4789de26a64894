import { wordSet } from '../../../sql/lexer.ts';
import type { StatementReading } from '../reading/reading.ts';
import { foundAt, rule, type Hit } from '../rule.ts';

const findings = {
  'implicit-commit': 'warning',
  'transaction-control': 'info',
  'lock-tables': 'info',
} as const;
type Found = Hit<keyof typeof findings>;

const definitions = wordSet('CREATE ALTER DROP TRUNCATE RENAME OPTIMIZE ANALYZE GRANT REVOKE');
const control = new Set(['begin', 'commit', 'rollback', 'autocommit-off']);

/**
 * Transactions of the script's own (told once), and the statements that end one without a word: what stands before them
 * is committed, whatever ROLLBACK comes later.
 */
export const transactions = rule(findings, () => {
  let isTold = false;
  /** A transaction of the script's own is open: one that it began, or one without autocommit. */
  let isOpen = false;
  return {
    *read(reading) {
      const { statement, tokens } = reading;
      const { kind } = statement;
      if (control.has(kind) && !isTold) {
        isTold = true;
        yield foundAt('transaction-control', tokens[0], {
          detail: kind === 'autocommit-off' ? 'autocommit = 0' : (tokens[0]?.keyword ?? ''),
        });
      }
      const isDefinition = kind === 'alone' && definitions.has(tokens[0]?.keyword ?? '');
      if (isOpen && (isDefinition || kind === 'lock')) {
        isOpen = false;
        const detail = tokens
          .slice(0, 2)
          .map(({ keyword }) => keyword)
          .join(' ');
        yield foundAt('implicit-commit', tokens[0], { detail });
      }
      if (kind === 'begin' || kind === 'autocommit-off') isOpen = true;
      if (kind === 'commit' || kind === 'rollback' || kind === 'autocommit-on') isOpen = false;
      yield* locks(reading);
    },
  };
});

/** LOCK TABLES and FLUSH TABLES … WITH READ LOCK: everybody else waits. */
function* locks({ statement, tokens }: StatementReading): Generator<Found, void> {
  const words = tokens.slice(0, 2).map(({ keyword }) => keyword);
  const isFlush = words[0] === 'FLUSH' && tokens.at(-1)?.keyword === 'LOCK';
  if (statement.kind === 'lock' || isFlush)
    yield foundAt('lock-tables', tokens[0], { detail: words.join(' ') });
}
