import { Cursor, listOf } from './cursor.ts';
import type { Token } from './tokens.ts';

/** A statement that another one puts together. */
export interface DynamicText {
  readonly text: string;
  /** Where it is run. */
  readonly start: number;
}

/** Functions that give one of what they are given. */
const choosing = new Set(['IF', 'IFNULL', 'NULLIF', 'COALESCE']);
const nameOf = (variable: Token | undefined): string => variable?.value.toLowerCase() ?? '';

/**
 * Reads the statements of a script one after the other, and gives what PREPARE and EXECUTE IMMEDIATE run, as far as the
 * text tells: a string, a user variable that one was assigned to, and CONCAT of both. Anything else only the server
 * knows.
 */
export function createDynamicTexts(): (statement: readonly Token[]) => readonly DynamicText[] {
  const known = new Map<string, readonly string[]>();

  const textsOf = (tokens: readonly Token[]): readonly string[] => {
    const texts: string[] = [];
    const cursor = new Cursor(tokens);
    while (!cursor.isAtEnd) {
      const isCall =
        cursor.peek()?.kind === 'word' && cursor.keyword(1) === '(' && !choosing.has(cursor.keyword());
      const token = cursor.next();
      if (isCall) {
        // The pieces that a function makes something of are no statements.
        const pieces = listOf(cursor.group() ?? []).map(textsOf);
        const isWhole = token?.keyword === 'CONCAT' && pieces.every(({ length }) => length === 1);
        if (isWhole) texts.push(pieces.flat().join(''));
      } else if (token?.keyword === '@') texts.push(...(known.get(nameOf(cursor.next())) ?? []));
      else if (token?.kind === 'string') texts.push(token.value);
    }
    return texts;
  };
  const remember = (tokens: readonly Token[]): void => {
    for (const assignment of listOf(tokens)) {
      const at = assignment.findIndex(({ keyword }) => keyword === '=');
      if (at < 0 || assignment[0]?.keyword !== '@') continue;
      known.set(nameOf(assignment[1]), textsOf(assignment.slice(at + 1)));
    }
  };
  return (statement) => {
    const [first, second] = statement;
    if (first?.keyword === 'SET') remember(statement.slice(1));
    const isPrepare = first?.keyword === 'PREPARE';
    const isImmediate = first?.keyword === 'EXECUTE' && second?.keyword === 'IMMEDIATE';
    if (!isPrepare && !isImmediate) return [];
    const end = statement.findIndex(({ keyword }) => keyword === 'USING' || keyword === ';');
    const run = statement.slice(isPrepare ? 3 : 2, end < 0 ? undefined : end);
    return textsOf(run).map((text) => ({ text, start: (run[0] ?? first).start }));
  };
}
