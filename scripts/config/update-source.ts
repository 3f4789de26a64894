import { isLoopback } from '../system/urls.ts';

/** Where `maj upgrade VERSION` gets packages from. */
export type UpdateSource =
  | { readonly kind: 'folder'; readonly path: string }
  /** An address with `{version}` in it. */
  | { readonly kind: 'url'; readonly template: string }
  | { readonly kind: 'github'; readonly owner: string; readonly name: string }
  /** Undefined: the repository that the project folder is in. */
  | { readonly kind: 'git'; readonly repository: string | undefined };

/** What stands for the version in an address. */
const versionMark = '{version}';

/** Reads UPDATE_SOURCE: pure; undefined for a text that is none of them, or that would be fetched without encryption. */
export function parseUpdateSource(text: string): UpdateSource | undefined {
  if (text === 'git') return { kind: 'git', repository: undefined };
  if (text.startsWith('git:')) {
    const repository = text.slice('git:'.length);
    return isRepository(repository) ? { kind: 'git', repository } : undefined;
  }
  if (text.startsWith('github:')) {
    const [, owner, name] = /^github:([\w.-]+)\/([\w.-]+)$/.exec(text) ?? [];
    return owner === undefined || name === undefined ? undefined : { kind: 'github', owner, name };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return isPlainUrl(text, ['https:']) && text.includes(versionMark)
      ? { kind: 'url', template: text }
      : undefined;
  return text === '' ? undefined : { kind: 'folder', path: text };
}

/** The address of a version. */
export const addressOfVersion = (template: string, version: string): string =>
  template.replaceAll(versionMark, encodeURIComponent(version));

/** An address that is not printed with a password in it, encrypted or of this machine. */
function isPlainUrl(text: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) return false;
  return schemes.includes(url.protocol) || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/**
 * A path, an address, or what ssh takes (`git@host:path`). Nothing that git would take for an option, and no `ext::` or
 * the like, which runs commands.
 */
function isRepository(text: string): boolean {
  if (text === '' || text.startsWith('-') || /^\w+::/.test(text)) return false;
  return text.includes('://') ? isPlainUrl(text, ['https:', 'ssh:', 'file:']) : true;
}

/** Whether git has to fetch from it, rather than to read it as a folder. */
export const isRemote = (repository: string): boolean =>
  repository.includes('://') || /^[\w.-]+@[\w.-]+:/.test(repository);
