const begin = '# >>> maj >>>';
const end = '# <<< maj <<<';
const why = 'Written by `maj init`; `maj init --remove` takes it out.';

/** Where a block is put into a text: before a line (from 0), or after the last one. */
type Place = number | 'end';

/**
 * Puts lines of ours into a text whose comments begin with `#`, between two marks, indented like what is around them. A last
 * line without an end keeps none, so that `withoutBlock` leaves every byte as it was. Pure.
 */
export function withBlock(text: string, lines: readonly string[], at: Place = 'end', indent = ''): string {
  const block = [`${begin} ${why}`, ...lines, end].map((line) => (line === '' ? '' : `${indent}${line}`));
  if (at !== 'end') {
    const all = text.split('\n');
    return [...all.slice(0, at), ...block, ...all.slice(at)].join('\n');
  }
  if (text !== '' && !text.endsWith('\n')) return `${text}\n${block.join('\n')}`;
  return `${text}${block.join('\n')}\n`;
}

/** The text without our blocks. Pure. */
export function withoutBlock(text: string): string {
  const lines = `[ \\t]*${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?[ \\t]*${end}`;
  return text.replaceAll(new RegExp(`^${lines}\\n`, 'gm'), '').replace(new RegExp(`(?:^|\\n)${lines}$`), '');
}

/** Whether a text has a block of ours. */
export const hasBlock = (text: string): boolean => text.includes(begin);
