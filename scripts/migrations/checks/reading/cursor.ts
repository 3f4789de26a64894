import type { SqlToken } from '../../../sql/lexer.ts';

/** A name with what stands before its dots: `shop`.`users`. */
export interface DottedName {
  /** In order, without quotes; `*` may be the last. */
  readonly parts: readonly string[];
  /** The last part. */
  readonly name: string;
  /** As people write it: `shop.users`. */
  readonly text: string;
  readonly start: number;
}

/** Reads tokens from left to right. */
export class Cursor {
  readonly tokens: readonly SqlToken[];
  #at: number;

  constructor(tokens: readonly SqlToken[], at = 0) {
    this.tokens = tokens;
    this.#at = at;
  }

  /** How many tokens were read. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.tokens.length;
  }

  /** The next token, or one after it; undefined behind the last one. */
  peek(ahead = 0): SqlToken | undefined {
    return this.tokens[this.#at + ahead];
  }

  /** The keyword of the next token, or of one after it; empty when it can be none. */
  keyword(ahead = 0): string {
    return this.peek(ahead)?.keyword ?? '';
  }

  /** Reads on to the next token, and gives the one that was passed. */
  next(): SqlToken | undefined {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Reads these keywords, if all of them come now. */
  take(...keywords: readonly string[]): boolean {
    if (!keywords.every((keyword, ahead) => this.keyword(ahead) === keyword)) return false;
    this.#at += keywords.length;
    return true;
  }

  /** Reads one of these keywords; which one, or undefined. */
  takeOneOf(...keywords: readonly string[]): string | undefined {
    return keywords.find((keyword) => this.take(keyword));
  }

  /** Reads IF EXISTS or IF NOT EXISTS. */
  takeExistence(): boolean {
    return this.take('IF', 'NOT', 'EXISTS') || this.take('IF', 'EXISTS');
  }

  /** Reads a group in brackets, brackets included; its content, or undefined when none begins here. */
  group(): readonly SqlToken[] | undefined {
    if (this.keyword() !== '(') return undefined;
    const start = this.#at + 1;
    let depth = 0;
    do {
      const keyword = this.next()?.keyword;
      if (keyword === '(') depth += 1;
      if (keyword === ')') depth -= 1;
    } while (depth > 0 && !this.isAtEnd);
    return this.tokens.slice(start, depth === 0 ? this.#at - 1 : this.#at);
  }

  /** Reads a name with its dots; undefined when none begins here. */
  name(): DottedName | undefined {
    const first = this.peek();
    if (first?.kind !== 'word' && first?.kind !== 'name') return undefined;
    this.#at += 1;
    const parts = [first.value];
    while (this.keyword() === '.' && isPart(this.peek(1))) {
      parts.push(this.peek(1)?.value ?? '');
      this.#at += 2;
    }
    return { parts, name: parts.at(-1) ?? '', text: parts.join('.'), start: first.start };
  }
}

const isPart = (token: SqlToken | undefined): boolean =>
  token !== undefined && (['word', 'name', 'number'].includes(token.kind) || token.keyword === '*');

/** The tokens between the commas that stand in no brackets. */
export function listOf(tokens: readonly SqlToken[]): (readonly SqlToken[])[] {
  const items: (readonly SqlToken[])[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, { keyword }] of tokens.entries()) {
    if (keyword === '(') depth += 1;
    if (keyword === ')') depth -= 1;
    if (keyword === ',' && depth === 0) {
      items.push(tokens.slice(start, index));
      start = index + 1;
    }
  }
  return [...items, tokens.slice(start)];
}

/** The tokens that stand in no brackets; a group leaves its opening bracket. */
export function outsideBrackets(tokens: readonly SqlToken[]): SqlToken[] {
  let depth = 0;
  return tokens.filter(({ keyword }) => {
    if (keyword === ')') depth -= 1;
    const isOutside = depth === 0 && keyword !== ')';
    if (keyword === '(') depth += 1;
    return isOutside;
  });
}
