/** The number of links that the kernel follows in one path before it gives up (path_resolution(7)). */
const mostHops = 40;

/** A folder that links lie in, or a link itself. */
interface Node {
  readonly parent: Node | undefined;
  readonly children: Map<string, Node>;
  target: string | undefined;
  /** Where the link leads, once that is known: many links lead along the same ones. */
  end: End | undefined;
}

/** Where a path leads: a folder that links lie in, or so many folders below it, in which there are none. */
interface End {
  readonly node: Node;
  readonly below: number;
  /** How many links were followed. */
  readonly hops: number;
}

/**
 * Tells which symbolic links of a tree lead out of it, or round in a circle. Resolved step by step as the kernel would,
 * for `..` behind another link means that link's target's parent: `a/b/up -> ../..` makes `a/b/up/..` lie outside,
 * though its text does not say so. What is not there counts as an ordinary folder.
 *
 * A step takes the same time at every depth, and a link that does not lead out is followed once: a package may hold
 * hundreds of thousands, along each other.
 *
 * @param links what each link of the tree points to, by its path in the tree
 * @returns whether the link of a path leads out
 */
export function linksLeadingOut(links: ReadonlyMap<string, string>): (path: string) => boolean {
  const root = emptyNode(undefined);
  for (const [path, target] of links) nodeAt(root, path).target = target;
  return (path) => walk(root, path, 0) === undefined;
}

const emptyNode = (parent: Node | undefined): Node => ({
  parent,
  children: new Map(),
  target: undefined,
  end: undefined,
});

function nodeAt(root: Node, path: string): Node {
  let node = root;
  for (const name of path.split('/')) {
    const child = node.children.get(name) ?? emptyNode(node);
    node.children.set(name, child);
    node = child;
  }
  return node;
}

/** Where a path leads from a folder; undefined when that is out of the tree, or further than the kernel follows. */
function walk(from: Node, path: string, hopsBefore: number): End | undefined {
  if (hopsBefore > mostHops || path.startsWith('/')) return undefined;
  let [node, below, hops] = [from, 0, 0];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (below > 0) below -= 1;
      else if (node.parent === undefined) return undefined;
      else node = node.parent;
      continue;
    }
    const child: Node | undefined = below > 0 ? undefined : node.children.get(name);
    if (child === undefined) {
      below += 1;
      continue;
    }
    if (child.target === undefined) {
      node = child;
      continue;
    }
    child.end ??= walk(node, child.target, hopsBefore + hops + 1);
    if (child.end === undefined) return undefined;
    hops += child.end.hops + 1;
    if (hopsBefore + hops > mostHops) return undefined;
    ({ node, below } = child.end);
  }
  return { node, below, hops };
}
