import type { ManifestPart } from '../../backup/manifest.ts';
import { accountIn, withCurrentDefiner, type Definers } from '../../database/definition-texts.ts';
import { quoteName } from '../../sql/quote.ts';
import { constraintsOf, deferTable, withItems } from '../../sql/table-definition.ts';
import { escaped } from '../../system/regular-expression.ts';
import { asBytes } from '../load/rewrite-statements.ts';

/** What kind of object a statement makes: which privilege it takes depends on that. */
export type ObjectKind = 'table' | 'foreign key' | 'sequence' | 'trigger' | 'routine' | 'view' | 'event';

/** A statement of a trial. */
export interface TrialStatement {
  readonly kind: ObjectKind;
  /** What it makes, for people: `trigger keep_past`. */
  readonly object: string;
  /** Makes it, empty and never to be run, under a name of the trial's. */
  readonly text: string;
  /** Makes something of the same kind and owner, where `text` fails for want of a table or column that is not there now. */
  readonly instead: string | null;
}

/** What trial objects are called. Everything that begins like this is a trial's, and is dropped by the next one. */
export const trialPrefix = 'maj_trial_';

/** Gives each object a name of the trial's; the same one each time. */
export type TrialNames = (kind: 'table' | 'code', name: string) => string;

/** Names of the trial's, counted. */
export function createTrialNames(): TrialNames {
  const names = new Map<string, string>();
  return (kind, name) => {
    const key = `${kind} ${name}`;
    const known = names.get(key) ?? `${trialPrefix}${names.size + 1}`;
    names.set(key, known);
    return known;
  };
}

const quoted = '`(?:[^`]|``)*`|"(?:[^"]|"")*"';
const name = `(?:${quoted}|[^\\s\`"(.]+)`;
const qualified = `(?:${name}\\s*\\.\\s*)?(${name})`;
const sequence = /^CREATE SEQUENCE (`(?:[^`]|``)*`)/;
const trigger = new RegExp(
  `^(/\\*!50003 CREATE\\*/ (?:/\\*!50017 DEFINER=.*?\\*/ )?/\\*!50003 TRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)` +
    `${qualified}(\\s+(?:BEFORE|AFTER)\\s+[A-Z\\s]+?\\s+ON\\s+)${qualified}(\\s+FOR\\s+EACH\\s+ROW\\s+)` +
    `(?:(?:FOLLOWS|PRECEDES)\\s+${name}(?=\\s))?`,
  'is',
);
const routine = new RegExp(
  `^(CREATE (?:OR REPLACE )?(?:DEFINER=.+? )?(?:AGGREGATE )?(FUNCTION|PROCEDURE|LIBRARY) )(${quoted})`,
  'i',
);
const packageStart = new RegExp(
  `^CREATE (?:OR REPLACE )?(?:DEFINER=.+? )?(PACKAGE BODY|PACKAGE) (${quoted})`,
  'i',
);
const view = /^(\/\*!50001 CREATE .*?\n\/\*!50001 VIEW )(`(?:[^`]|``)*`)/s;
const event = new RegExp(
  `^/\\*!50106 CREATE\\*/ (?:/\\*!50117 DEFINER=.*?\\*/ )?/\\*!50106 EVENT (${name})`,
  'is',
);

/**
 * What a statement of a dump becomes when it is tried. Pure. Nothing of it touches what is there: only what is known to
 * make something is tried, under another name, and everything else is left out.
 *
 * @param statement its characters stand for bytes, as those of a session for bytes
 */
export function trialStatements(
  part: Pick<ManifestPart, 'kind' | 'object' | 'section'>,
  statement: string,
  names: TrialNames,
  database: string,
  definers: Definers,
): TrialStatement[] {
  const text = definers === 'keep' ? statement : withCurrentDefiner(statement);
  switch (part.kind) {
    case 'table':
      return part.section === 'structure'
        ? tableTrial(text, part.object ?? '', names, database)
        : part.section === 'after'
          ? triggerTrial(text, part.object ?? '', names)
          : [];
    case 'sequence':
      return madeAs(text, sequence, () => ({
        kind: 'sequence',
        object: `sequence ${part.object ?? ''}`,
        text: text.replace(sequence, `CREATE SEQUENCE ${quoteName(names('table', part.object ?? ''))}`),
        instead: null,
      }));
    case 'routines':
      return routineTrial(text, names);
    case 'view-body':
      return madeAs(text, view, ([head = '', start = '']) => {
        const made = `${start}${quoteName(names('code', `view ${part.object ?? ''}`))}`;
        return {
          kind: 'view',
          object: `view ${part.object ?? ''}`,
          text: made + text.slice(head.length),
          instead: `${made} AS select 1 AS \`one\` */`,
        };
      });
    case 'events':
      return madeAs(text, event, ([, eventName = '']) => {
        const made = quoteName(names('code', `event ${eventName}`));
        const after = 'ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 YEAR DISABLE DO SELECT 1';
        // Never as it is: its time could come.
        return {
          kind: 'event',
          object: `event ${shown(eventName)}`,
          text: `CREATE ${definerOf(text)}EVENT ${made} ${after}`,
          instead: null,
        };
      });
    // A stand-in for a view is made of nothing but names, and header and footer make nothing.
    case 'view':
    case 'header':
    case 'final':
      return [];
  }
}

function madeAs(
  text: string,
  pattern: RegExp,
  made: (match: RegExpExecArray) => TrialStatement,
): TrialStatement[] {
  const match = pattern.exec(text);
  return match === null ? [] : [made(match)];
}

function tableTrial(text: string, table: string, names: TrialNames, database: string): TrialStatement[] {
  const start = `CREATE TABLE ${asBytes(quoteName(table))} `;
  if (!text.startsWith(start)) return [];
  const trial = quoteName(names('table', table));
  const plain = deferTable(text, false)?.create ?? text;
  // Names of constraints are unique in a database: the server makes some.
  const unnamed = withItems(plain, (item) => item.replace(/^(\s*)CONSTRAINT `(?:[^`]|``)*` /, '$1'));
  // A default may ask a sequence, which is not there where it is restored, too.
  const own = escaped(asBytes(quoteName(database)));
  const asking = new RegExp(`(\\b(?:next|last)val\\()${own}\\.(\`(?:[^\`]|\`\`)*\`)\\)`, 'g');
  const create = unnamed.replaceAll(
    asking,
    (_, call: string, sequenceName: string) =>
      `${call}${quoteName(names('table', fromBytes(sequenceName)))})`,
  );
  const foreign = constraintsOf(text, 'FOREIGN KEY').map(
    ({ name: key, text: constraint }): TrialStatement => ({
      kind: 'foreign key',
      object: `foreign key ${fromBytes(`\`${key}\``)} of table ${table}`,
      text: `ALTER TABLE ${trial} ADD ${constraint
        .replace(/^CONSTRAINT `(?:[^`]|``)*` /, '')
        .replace(
          references,
          (_, parent: string) => ` REFERENCES ${quoteName(names('table', fromBytes(parent)))}`,
        )}`,
      instead: null,
    }),
  );
  return [
    {
      kind: 'table',
      object: `table ${table}`,
      text: `CREATE TABLE ${trial} ${create.slice(start.length)}`,
      instead: null,
    },
    ...foreign,
  ];
}

/** A table of the same database; of another one its name stays. */
const references = / REFERENCES (`(?:[^`]|``)*`)(?= \()/;

/** The tables of the same database that a table refers to. Pure. */
export const parentsOf = (create: string): string[] =>
  constraintsOf(create, 'FOREIGN KEY').flatMap(({ text }) => {
    const parent = references.exec(text)?.[1];
    return parent === undefined ? [] : [fromBytes(parent)];
  });

function triggerTrial(text: string, table: string, names: TrialNames): TrialStatement[] {
  if (!text.startsWith('/*!50003 CREATE*/ ')) return [];
  const on = quoteName(names('table', table));
  const match = trigger.exec(text);
  if (match === null) {
    const made = quoteName(names('code', `triggers of ${table}`));
    const standIn = `CREATE ${definerOf(text)}TRIGGER ${made} BEFORE INSERT ON ${on} FOR EACH ROW SET @maj = 1`;
    return [{ kind: 'trigger', object: `triggers of table ${table}`, text: standIn, instead: null }];
  }
  const [head, start = '', triggerName = '', moment = '', , each = ''] = match;
  const made = quoteName(names('code', `trigger ${triggerName}`));
  return [
    {
      kind: 'trigger',
      object: `trigger ${shown(triggerName)} of table ${table}`,
      text: `${start}${made}${moment}${on}${each}${text.slice(head.length)}`,
      instead: null,
    },
  ];
}

function routineTrial(text: string, names: TrialNames): TrialStatement[] {
  const match = routine.exec(text);
  if (match !== null) {
    const [head, start = '', word = '', routineName = ''] = match;
    const object = `${word.toLowerCase()} ${shown(routineName)}`;
    const made = quoteName(names('code', object));
    return [{ kind: 'routine', object, text: `${start}${made}${text.slice(head.length)}`, instead: null }];
  }
  // The name of a package may stand at its end as well: a procedure takes the same of the server.
  return madeAs(text, packageStart, ([, word = '', packageName = '']) => {
    const object = `${word.toLowerCase()} ${shown(packageName)}`;
    const made = quoteName(names('code', object));
    // What was made in sql_mode ORACLE is dumped in it, with its quotes. It has a grammar of its own.
    const body = packageName.startsWith('"') ? 'AS BEGIN NULL; END' : 'BEGIN END';
    return {
      kind: 'routine',
      object,
      text: `CREATE ${definerOf(text)}PROCEDURE ${made}() ${body}`,
      instead: null,
    };
  });
}

/** Whom the object of a statement runs as, as the statement says it; empty where it does not. */
function definerOf(text: string): string {
  const account = accountIn(text);
  return account === undefined ? '' : `DEFINER=${account} `;
}

/** A name of a statement whose characters stand for bytes, as people read it. */
const shown = (bytes: string): string => (/^[`"]/.test(bytes) ? fromBytes(bytes) : decoded(bytes));
const decoded = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

function fromBytes(name_: string): string {
  const quote = name_.charAt(0);
  return decoded(name_.slice(1, -1).replaceAll(quote + quote, quote));
}
