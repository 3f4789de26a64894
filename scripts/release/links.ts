/** The number of links that the kernel follows in one path before it gives up (path_resolution(7)). */
const mostHops = 40;

/**
 * Whether a symbolic link of a tree leads out of it, or round in a circle. Resolved step by step as the kernel would,
 * for `..` behind another link means that link's target's parent: `a/b/up -> ../..` makes `a/b/up/..` lie outside,
 * though its text does not say so. What is not there counts as an ordinary folder.
 *
 * @param links what each link of the tree points to, by its path in the tree
 * @param path the path of the link to follow
 */
export function leadsOut(links: ReadonlyMap<string, string>, path: string): boolean {
  const pending = path.split('/').reverse();
  const reached: string[] = [];
  let hops = 0;
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (reached.pop() === undefined) return true;
      continue;
    }
    const target = links.get([...reached, segment].join('/'));
    if (target === undefined) {
      reached.push(segment);
      continue;
    }
    hops += 1;
    if (hops > mostHops || target.startsWith('/')) return true;
    pending.push(...target.split('/').reverse());
  }
  return false;
}
