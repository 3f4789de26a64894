import { MajError } from '../../scripts/core/errors.ts';
import { splitStatements } from '../../scripts/sql/splitter.ts';
import { followSqlMode, initialModeState } from '../../scripts/sql/sql-mode.ts';
import type { Oracle } from './client-oracle.ts';
import { textAsSent } from './client-text.ts';

/** A script that the splitter and the client cut differently. */
export interface Difference {
  /** Its pieces. */
  readonly script: readonly string[];
  /** What the client would send of the splitter's statements. */
  readonly split: readonly string[];
  readonly sent: readonly string[];
}

/** What came of a comparison. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** The scripts that the splitter refuses, and which are not compared. */
  readonly refused: number;
}

/** Compares what the splitter makes of scripts with what the client sends of them. */
export async function compare(oracle: Oracle, scripts: readonly (readonly string[])[]): Promise<Comparison> {
  const splits = scripts.map((script) => splitAsSent(script.join(''), oracle.flavour));
  const accepted = scripts.flatMap((script, index) => {
    const split = splits[index];
    return split === undefined ? [] : [{ script, split }];
  });
  const sent = await oracle.sentOf(accepted.map(({ script }) => script.join('')));
  const differences = accepted
    .map((one, index) => ({ ...one, sent: (sent[index] ?? []).map(trimmed).filter(isSomething) }))
    .filter(({ split, sent }) => !isSame(split, sent))
    .map(({ script, split, sent }) => ({ script, split: split.map(([text]) => text), sent }));
  return { differences, refused: scripts.length - accepted.length };
}

/** The same difference in fewer pieces: none of them can be left out. */
export async function shrink(oracle: Oracle, difference: Difference): Promise<Difference> {
  const { script } = difference;
  const smaller = script.map((_, left) => script.filter((_, index) => index !== left));
  const { differences } = await compare(oracle, smaller);
  return differences[0] === undefined ? difference : shrink(oracle, differences[0]);
}

/** A difference, for people. */
export const described = ({ script, split, sent }: Difference): string =>
  `the script     ${JSON.stringify(script.join(''))}\nthe splitter   ${JSON.stringify(split)}\nthe client     ${JSON.stringify(sent)}`;

/** What a client makes of a statement, after whatever may stand right before it. */
type AsSent = readonly [afterBlank: string, ...others: string[]];

const isSame = (split: readonly AsSent[], sent: readonly string[]): boolean =>
  split.length === sent.length && split.every((texts, index) => texts.includes(sent[index] ?? ''));

function splitAsSent(script: string, flavour: Oracle['flavour']): AsSent[] | undefined {
  const normal = script.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const texts: AsSent[] = [];
  let modes = initialModeState(undefined);
  try {
    for (const { text } of splitStatements(normal, { file: 'x.sql', flavour })) {
      const sentAfter = (before: 'blank' | 'comment' | 'name'): string =>
        textAsSent(text, flavour, modes.mode, before);
      // Of what is all comments to the client it sends nothing: that is no statement.
      const afterBlank = sentAfter('blank') === '' ? 'nothing' : sentAfter('blank');
      texts.push([trimmed(afterBlank), trimmed(sentAfter('comment')), trimmed(sentAfter('name'))]);
      modes = followSqlMode(modes, text);
    }
    return texts.filter(([text]) => isSomething(text));
  } catch (error) {
    if (error instanceof MajError && error.code === 'migration-script') return undefined;
    throw error;
  }
}

/**
 * Without what is no matter of where a statement was cut. Before it: blanks and hints, of which the splitter gives none;
 * the client puts a blank where a comment was, and MySQL's sends a hint that stands before a statement, or alone. After
 * it: semicolons and blanks, which the server takes off before it logs a statement.
 */
const trimmed = (text: string): string =>
  text.replace(/^(?:[\t-\r ]|\/\*\+[^]*?\*\/)+/, '').replace(/[;\t-\r ]+$/, '');

const isSomething = (text: string): boolean => text !== '';
