/** A remote's own names of its branches, and names that nearly everybody gives a remote: in a list of branches a slip. */
const ofRemote = /^(?:refs\/)?remotes\/|^(?:origin|upstream)\//;

/** What git allows in no name of a branch (git-check-ref-format(1)), but for `*`, which stands for any characters here. */
const wrong =
  // eslint-disable-next-line no-control-regex -- git allows no control character either
  /[\u0000-\u0020\u007f~^:?[\\]|\.\.|@\{|^@$|^-|^\/|\/$|\/\/|\.$|(?:^|\/)\.|\.lock(?:\/|$)/;

/**
 * Reads a list of branches, separated by commas: each a name or a pattern with `*`; `refs/heads/` before it is left away.
 * Undefined where one of them can be no branch, since a gate that matches nothing lets everything through. Pure.
 */
export function parseBranchPatterns(list: string): readonly string[] | undefined {
  const patterns = list.split(',').map((item) => item.trim().replace(/^(?:refs\/)?heads\//, ''));
  const isWrong = (pattern: string): boolean =>
    pattern === '' || pattern.startsWith('refs/') || ofRemote.test(pattern) || wrong.test(pattern);
  return patterns.some(isWrong) ? undefined : patterns;
}

/**
 * Whether a name fits a pattern. Case makes no difference: on the disk of the remote it may make none either, and `Deploy` is
 * `deploy` there. Pure.
 */
export function fitsPattern(pattern: string, name: string): boolean {
  const plain = (text: string): string => text.normalize('NFC').toLowerCase();
  const [first = '', ...others] = plain(pattern).split('*');
  let rest = plain(name);
  if (others.length === 0) return rest === first;
  if (!rest.startsWith(first)) return false;
  rest = rest.slice(first.length);
  const last = others.pop() ?? '';
  for (const between of others) {
    const at = rest.indexOf(between);
    if (at < 0) return false;
    rest = rest.slice(at + between.length);
  }
  return rest.endsWith(last);
}
