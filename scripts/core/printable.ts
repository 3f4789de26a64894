/**
 * What a terminal may obey rather than show: control characters (C0, DEL, C1), the marks, embeddings, overrides and
 * isolates that turn the direction of text, and the separators of lines and paragraphs.
 */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Whether a text holds what a terminal may obey, a tab or a line end among that. */
export const isUnprintable = (text: string): boolean => text.search(unprintable) !== -1;

/**
 * A text that may come from anywhere, as a terminal can be given it: what it would obey stands there as an escape, `\x1b`
 * or `\u202e`. Line ends, of Windows too, and tabs stay. JSON stays the JSON that it was: it has no raw character that becomes a `\x`.
 */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(unprintable, (character) =>
      character === '\n' || character === '\t' ? character : escapeOf(character),
    );

/** The same for a text that is to be one line, such as a name: its line ends stand there as `\n`. */
export const oneLine = (text: string): string => printable(text).replaceAll('\n', String.raw`\n`);

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
