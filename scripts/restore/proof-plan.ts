import type { Manifest, ManifestPart } from '../backup/manifest.ts';
import type { Proof } from '../backup/proof.ts';
import { isRows, partKey } from '../dump/part.ts';
import type { ServerVersion } from '../sql/server-version.ts';

/** What has to be loaded and compared for a backup to be proven, where another one has been. */
export type ProofPlan =
  | { readonly kind: 'nothing' }
  /** The structure of everything, and of the rows the parts of these names. */
  | { readonly kind: 'rows'; readonly parts: ReadonlySet<string> }
  | { readonly kind: 'everything' };

/** What a backup's proof says something of. */
type Content = Pick<Manifest, 'database' | 'dumpSha256' | 'parts'>;

/** What was proven, and by which server. */
export interface Proven {
  readonly manifest: Content;
  readonly proof: Pick<Proof, 'server'>;
}

/**
 * Decides what of a backup has still to be proven. That the rows of a table come back depends on their own bytes, on
 * the table's structure, on the settings in the dump's header, on the database's charset, and on the server: where all
 * of these are what was proven, the rows are as well. All structures are loaded anyway, so that views, routines,
 * triggers and foreign keys meet what they need. Whatever is unusual is proven whole. Pure.
 *
 * @param server the throwaway server that would prove it
 * @param apart the tables, of those that have changed, whose parts of rows may be proven one by one
 */
export function planProof(
  manifest: Content,
  earlier: Proven | undefined,
  server: ServerVersion,
  apart: ReadonlySet<string>,
): ProofPlan {
  if (earlier === undefined || !sameSurroundings(manifest, earlier, server)) return { kind: 'everything' };
  if (manifest.dumpSha256 === earlier.manifest.dumpSha256) return { kind: 'nothing' };
  const changed = new Set(changedTables(manifest.parts, earlier.manifest.parts));
  const proven = new Set(earlier.manifest.parts.filter(isRows).map(contentOf));
  const parts = manifest.parts.filter(
    (part) =>
      isRows(part) &&
      changed.has(part.object ?? '') &&
      !(apart.has(part.object ?? '') && proven.has(contentOf(part))),
  );
  return { kind: 'rows', parts: new Set(parts.map(({ name }) => name)) };
}

const contentOf = ({ object, sha256 }: ManifestPart): string => `${sha256} ${object ?? ''}`;

/** The tables of which anything is not the very bytes of that in another dump; those that only that has are not among them. Pure. */
export function changedTables(parts: readonly ManifestPart[], others: readonly ManifestPart[]): string[] {
  const before = tableContents(others);
  return [...tableContents(parts)]
    .filter(([name, content]) => before.get(name) !== content)
    .map(([name]) => name);
}

function sameSurroundings(
  { database, parts }: Content,
  { manifest, proof }: Proven,
  server: ServerVersion,
): boolean {
  const other = manifest.database;
  return (
    database.name === other.name &&
    database.charset === other.charset &&
    database.collation === other.collation &&
    database.lowerCaseTableNames === other.lowerCaseTableNames &&
    database.server.flavour === other.server.flavour &&
    database.server.version === other.server.version &&
    server.flavour === proof.server.flavour &&
    server.version === proof.server.version &&
    headerOf(parts) !== undefined &&
    headerOf(parts) === headerOf(manifest.parts)
  );
}

const headerOf = (parts: readonly ManifestPart[]): string | undefined =>
  parts.find(({ kind }) => kind === 'header')?.sha256;

/** What each table consists of: the hashes of its parts, in order. */
function tableContents(parts: readonly ManifestPart[]): Map<string, string> {
  const contents = new Map<string, string>();
  for (const part of parts.filter(({ kind }) => kind === 'table')) {
    const name = part.object ?? '';
    contents.set(name, `${contents.get(name) ?? ''}${partKey(part)} ${part.sha256}\n`);
  }
  return contents;
}
