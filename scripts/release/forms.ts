import { refused } from '../errors.ts';
import type { Packing } from '../system/packed-archive.ts';

const forms: readonly { readonly suffix: string; readonly packing: Packing }[] = [
  { suffix: '.tar.gz', packing: 'gzip' },
  { suffix: '.tgz', packing: 'gzip' },
  { suffix: '.tar.zst', packing: 'zstd' },
  { suffix: '.tzst', packing: 'zstd' },
  { suffix: '.tar', packing: 'none' },
  { suffix: '.zip', packing: 'zip' },
];

/** The ends of the names of packages that can be unpacked. */
export const packageSuffixes: readonly string[] = forms.map((form) => form.suffix);

/**
 * How a package is packed, by its name.
 *
 * @throws MajError `package-form` for a name that ends otherwise, such as `.tar.xz`
 */
export function packingOf(path: string): Packing {
  const form = forms.find(({ suffix }) => path.endsWith(suffix));
  if (form === undefined) throw refused('package-form', { path, forms: packageSuffixes });
  return form.packing;
}
