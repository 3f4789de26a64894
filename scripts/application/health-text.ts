import { escaped } from '../system/regular-expression.ts';

/** What a health page has to say: APP_HEALTH_TEXT, and what `{version}` in it stands for. */
export interface HealthText {
  readonly template: string;
  /** Empty where the version is not known. */
  readonly version: string;
}

const placeholder = '{version}';

/** Whether a text asks for the version. */
export const asksForVersion = (template: string): boolean => template.includes(placeholder);

/** The text as it is expected in the page. */
export const textOf = ({ template, version }: HealthText): string =>
  template.replaceAll(placeholder, () => version);

const inVersion = '[0-9A-Za-z+-]';
// A full stop may end a sentence; within a version something follows it.
const nothingBefore = `(?:(?<!${inVersion}|${inVersion}\\.)|(?<=(?<!${inVersion})[vV]))`;
const nothingAfter = `(?!\\.?${inVersion})`;

/**
 * Whether a page holds the text. The version in it has to be the whole one: `1.1.1` is not in `1.1.10`, nor in
 * `1.1.1-rc.1`, but it is in `v1.1.1` and before a full stop. What the text itself has beside the version counts as
 * the user's word, not as a part of the version. Pure.
 */
export function holdsText(body: string, expected: HealthText): boolean {
  const { template, version } = expected;
  if (version === '' || !asksForVersion(template)) return body.includes(textOf(expected));
  const [first = '', ...rest] = template.split(placeholder);
  const pieces = [escaped(first)];
  let before = first;
  for (const after of rest) {
    const begins = new RegExp(`${inVersion}\\.?$`).test(before) ? '' : nothingBefore;
    const ends = new RegExp(`^\\.?${inVersion}`).test(after) ? '' : nothingAfter;
    pieces.push(begins, escaped(version), ends, escaped(after));
    before = after;
  }
  return new RegExp(pieces.join('')).test(body);
}
