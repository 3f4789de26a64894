import { dirname } from 'node:path';
import { warn, type Context } from '../../core/context.ts';
import { accessAcl, aclOfProgram, defaultAcl, inheritedAcls, type Attributes } from '../../system/acl.ts';
import { attributeKeeper, noAttributes, type AttributeKeeper } from '../../system/attributes.ts';
import { entryAt, walkTree, type TreeEntry } from '../tree.ts';
import { withFoldersAbove } from './copy-tree.ts';

/** What decides which attributes a thing of a staged tree gets. */
export interface AttributeFacts {
  readonly type: TreeEntry['type'];
  readonly mode: number;
  /** What it has. */
  readonly own: Attributes;
  /** What the live tree has under its path. */
  readonly installed: { readonly type: TreeEntry['type']; readonly attributes: Attributes } | undefined;
  /** It was copied from there. */
  readonly isCarried: boolean;
  /** The default access control list of the folder that it lies in. */
  readonly folderDefault: Buffer | undefined;
}

/**
 * The attributes of a thing of a staged tree: pure. What was copied has those of the original, as has a folder that both
 * trees have. A file of the release has its own, but the access control list of the file that it replaces; what replaces
 * nothing inherits of its folder, as if it had been made there.
 */
export function attributesFor(facts: AttributeFacts): Attributes {
  const { type, mode, own, installed, isCarried, folderDefault } = facts;
  const isThere = installed?.type === type;
  if (isThere && (isCarried || type === 'folder')) return installed.attributes;
  if (type !== 'file' && type !== 'folder') return own;
  const released = [...own].filter(([name]) => name !== accessAcl && name !== defaultAcl);
  if (!isThere)
    return new Map([
      ...released,
      ...(folderDefault === undefined ? [] : inheritedAcls(folderDefault, type, mode)),
    ]);
  const acl = installed.attributes.get(accessAcl);
  return new Map([
    ...released,
    ...(acl === undefined ? [] : ([[accessAcl, aclOfProgram(acl, mode)]] as const)),
  ]);
}

/**
 * Gives everything in a staged tree its attributes, after its owner and mode: `attributesFor` says which. What could not be
 * kept is named.
 *
 * @param carried what was copied from the live tree
 */
export async function adoptAttributes(
  context: Pick<Context, 'env' | 'report'>,
  staged: string,
  live: string,
  carried: ReadonlySet<string>,
): Promise<void> {
  const work = await adoption(context, staged, live, carried);
  let some: string[] = [''];
  for await (const { path } of walkTree(staged)) {
    some.push(path);
    if (some.length < atOnce) continue;
    await work.adopt(some);
    some = [];
  }
  await work.adopt(some);
  work.tell();
}

/** The same for some paths only, and for the folders that they lie in. */
export async function adoptAttributesOf(
  context: Pick<Context, 'env' | 'report'>,
  staged: string,
  live: string,
  paths: readonly string[],
  carried: ReadonlySet<string>,
): Promise<void> {
  if (paths.length === 0) return;
  const work = await adoption(context, staged, live, carried);
  await work.adopt(withFoldersAbove(paths));
  work.tell();
}

const atOnce = 8000;
/** How many paths a warning names. */
const mostNamed = 5;

async function adoption(
  context: Pick<Context, 'env' | 'report'>,
  staged: string,
  live: string,
  carried: ReadonlySet<string>,
): Promise<{ adopt(paths: readonly string[]): Promise<void>; tell(): void }> {
  const keeper = await attributeKeeper(context);
  /** Of the folders: what comes into them inherits of that. */
  const defaults = new Map<string, Buffer | undefined>();
  const left: string[] = [];
  let count = 0;
  return {
    adopt: async (paths) => {
      const names = paths.map((path) => (path === '' ? '.' : path));
      const installed = await keeper.read(
        live,
        names.filter((path) => entryAt(live, path) !== undefined),
      );
      const own = await keeper.read(staged, names);
      const changes = new Changes();
      for (const name of names) {
        const entry = entryAt(staged, name);
        if (entry === undefined) continue;
        const there = entryAt(live, name);
        const before = own.get(name) ?? noAttributes;
        const replaced = installed.get(name) ?? noAttributes;
        const wanted = attributesFor({
          type: entry.type,
          mode: entry.mode,
          own: before,
          installed: there === undefined ? undefined : { type: there.type, attributes: replaced },
          isCarried: carried.has(name),
          folderDefault: name === '.' ? undefined : defaults.get(dirname(name)),
        });
        if (entry.type === 'folder') defaults.set(name, wanted.get(defaultAcl));
        changes.add(name, before, wanted);
        if (![...replaced.keys()].some((one) => one !== accessAcl && !wanted.has(one))) continue;
        count += 1;
        if (left.length < mostNamed) left.push(name);
      }
      await changes.apply(keeper, staged);
    },
    tell: () => {
      keeper.tell();
      if (count > 0) warn(context, 'attributes-of-replaced', { paths: left, count });
    },
  };
}

/** What is to be set and to be taken off in a tree. */
class Changes {
  readonly #wanted = new Map<string, Attributes>();
  readonly #surplus = new Map<string, string[]>();

  add(path: string, before: Attributes, wanted: Attributes): void {
    const set = [...wanted].filter(([name, value]) => before.get(name)?.equals(value) !== true);
    if (set.length > 0) this.#wanted.set(path, new Map(set));
    for (const name of before.keys())
      if (!wanted.has(name)) {
        const paths = this.#surplus.get(name) ?? [];
        paths.push(path);
        this.#surplus.set(name, paths);
      }
  }

  async apply(keeper: AttributeKeeper, root: string): Promise<void> {
    for (const [name, paths] of this.#surplus) await keeper.remove(root, name, paths);
    await keeper.set(root, this.#wanted);
  }
}
