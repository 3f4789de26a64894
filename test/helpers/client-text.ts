import type { Flavour } from '../../scripts/sql/flavour.ts';
import type { LexicalMode } from '../../scripts/sql/lexer.ts';

/**
 * What a client makes of the text of a statement before it sends it, with `--skip-comments`: what the splitter leaves
 * alone. It takes comments out, and a blank takes the place of one with something right after it; a line break goes after
 * a line that begins with the word `delimiter`, and a backslash at the end of a line in quotes; so do blanks and control
 * characters at the end. MySQL's keeps hints, but not MariaDB's versioned comments.
 *
 * @param before what stands right before it: a comment, or a delimiter that ends like a name, such as `$a$`
 */
export function textAsSent(
  statement: string,
  flavour: Flavour,
  mode: LexicalMode,
  before: 'blank' | 'comment' | 'name',
): string {
  const isMysql = flavour === 'mysql';
  const lines = statement.split('\n');
  let sent = '';
  let quote = '';
  let inComment = false;
  for (const [number, line] of lines.entries()) {
    /** What the client has of this line, and has not put to the statement yet. */
    let out = '';
    let kept = '';
    let needsBlank = before === 'comment' && number === 0;
    const flush = (): void => {
      sent += out;
      out = '';
    };
    let at = 0;
    for (; at < line.length; at += 1) {
      const rest = line.slice(at, at + 4);
      const sign = rest[0] ?? '';
      const inHint = kept === '+';
      const free = !inComment && quote === '' && !inHint;
      const opening = quote === '' && rest.startsWith('/*') ? (rest[2] ?? '') : undefined;
      const isKept =
        opening === '!' || (isMysql ? opening === '+' : opening === 'M' && rest.startsWith('/*M!'));
      if (/[\t-\r ]/.test(sign) && out === '' && sent === '') continue;
      if (!inComment && sign === '\\' && escapes(quote, isMysql, mode)) {
        const next = line[at + 1];
        if (next === undefined) break;
        out += sign;
        if (isMysql && quote === '`' && next === '`') continue;
        out += next;
        at += 1;
      } else if (sign > '\u007f') {
        // As it is; the blank comes after it, too late.
        if (!inComment) out += sign;
      } else if (
        free &&
        (sign === '#' || isDashes.test(rest) || (rest === '--' && number < lines.length - 1))
      ) {
        flush();
        break;
      } else if (opening !== undefined && !isKept && !inHint) {
        inComment = true;
        flush();
        at += 1;
      } else if (inComment && kept === '' && rest.startsWith('*/')) {
        inComment = false;
        flush();
        at += 1;
        needsBlank = true;
      } else {
        let text = sign;
        if (opening === '!' || (isMysql && opening === '+')) kept = opening;
        else if (quote === '' && rest.startsWith('*/')) kept = '';
        if (quote !== '' && line.startsWith(quote, at)) {
          text = quote;
          quote = '';
        } else if (free && /['"`]/.test(sign)) quote = sign;
        else if (free && isMysql && sign === '$') {
          const tag = at === 0 && number === 0 && before === 'name' ? undefined : dollarTag(line, at);
          text = tag ?? sign;
          quote = tag ?? '';
        }
        if (!inComment) {
          out += text.slice(0, -1);
          if (needsBlank && !/[\t-\r ]/.test(sign)) out += ' ';
          needsBlank = false;
          out += text.slice(-1);
        }
        at += text.length - 1;
      }
    }
    const isDelimiterLine = out.toLowerCase().startsWith('delimiter') && quote === '' && !inComment;
    if (number < lines.length - 1 && (out !== '' || sent !== '') && !isDelimiterLine) out += '\n';
    if (!inComment) flush();
  }
  return sent.replace(/[\0- \u007f]+$/, '');
}

const isDashes = /^--[\t-\r ]/;

function escapes(quote: string, isMysql: boolean, mode: LexicalMode): boolean {
  if (quote !== '' && mode.noBackslashEscapes) return false;
  return isMysql || (quote !== '`' && !(quote === '"' && mode.ansiQuotes));
}

function dollarTag(line: string, at: number): string | undefined {
  const isName = /[\w$\u0080-\uffff]/;
  if (at > 0 && isName.test(line[at - 1] ?? '')) return undefined;
  return /^\$[\w\u0080-\uffff]*\$/.exec(line.slice(at))?.[0];
}
