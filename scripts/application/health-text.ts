import { escaped } from '../system/regular-expression.ts';
import { numbersOf } from '../system/versions.ts';

/** What a health page has to say: APP_HEALTH_TEXT, and what `{version}` in it stands for. */
export interface HealthText {
  readonly template: string;
  /** Empty where the version is not known. */
  readonly version: string;
}

/** What stands for the version, or for one of its numbers; a number is that of the version as it is written. */
const placeholder = /\{(version|major|minor|patch)\}/g;

/** Whether a text asks for the version. */
export const asksForVersion = (template: string): boolean => template.search(placeholder) >= 0;

/** The text as it is expected in the page. */
export const textOf = ({ template, version }: HealthText): string =>
  template.replaceAll(placeholder, (_, name: string) => valueOf(name, version));

function valueOf(name: string, version: string): string {
  if (name === 'version') return version;
  return numbersOf(version)?.[['major', 'minor', 'patch'].indexOf(name)] ?? '';
}

const inVersion = '[0-9A-Za-z+-]';
// A full stop may end a sentence; within a version something follows it.
const wholeVersion = {
  begins: `(?:(?<!${inVersion}|${inVersion}\\.)|(?<=(?<!${inVersion})[vV]))`,
  ends: `(?!\\.?${inVersion})`,
};
// Of one that has only some of its numbers in the text, the others may follow.
const wholeNumber = { begins: '(?<![0-9]|[0-9]\\.)', ends: '(?![0-9])' };

/**
 * Whether a page holds the text. The version in it has to be the whole one: `1.1.1` is not in `1.1.10`, nor in
 * `1.1.1-rc.1`, but it is in `v1.1.1` and before a full stop. A number, too: `{major}.{minor}` of 6.4.1 is in `6.4.1` and
 * `6.4`, not in `6.40` or `1.6.4`. What the text itself has beside them counts as the user's word, not as a part of the
 * version. Pure.
 */
export function holdsText(body: string, expected: HealthText): boolean {
  const { template, version } = expected;
  if (version === '' || !asksForVersion(template)) return body.includes(textOf(expected));
  // Texts and names by turns.
  const parts = template.split(placeholder);
  const pieces = parts.map((part, index) => {
    if (index % 2 === 0) return escaped(part);
    const { begins, ends } = part === 'version' ? wholeVersion : wholeNumber;
    // A number on the other side of the text counts as one, as in `{major}.{minor}`.
    const before = `${index > 1 ? '0' : ''}${parts[index - 1] ?? ''}`;
    const after = `${parts[index + 1] ?? ''}${index + 2 < parts.length ? '0' : ''}`;
    return [
      new RegExp(`${inVersion}\\.?$`).test(before) ? '' : begins,
      escaped(valueOf(part, version)),
      new RegExp(`^\\.?${inVersion}`).test(after) ? '' : ends,
    ].join('');
  });
  return new RegExp(pieces.join('')).test(body);
}
