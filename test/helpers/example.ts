import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { example, type Example } from '../../examples/demo/example.ts';
import { temporaryFolder } from './context.ts';

/**
 * The example application's tools. Its packages are the same bytes every time (a test of theirs shows it) and take more
 * than a second to build: sites that are installed after each other share them.
 */
export function sharedExample(): Example {
  return {
    ...example,
    buildPackages: async (outDir, versions) => {
      if (versions !== undefined) return example.buildPackages(outDir, versions);
      const { files, packages } = await (built ??= build());
      await mkdir(outDir, { recursive: true });
      for (const [name, bytes] of files) await writeFile(join(outDir, name), bytes);
      return packages.map((one) => ({ ...one, file: join(outDir, basename(one.file)) }));
    },
  };
}

interface Built {
  readonly files: readonly (readonly [name: string, bytes: Buffer])[];
  readonly packages: Awaited<ReturnType<Example['buildPackages']>>;
}

let built: Promise<Built> | undefined;

async function build(): Promise<Built> {
  const folder = temporaryFolder('packages');
  const packages = await example.buildPackages(folder);
  const names = await readdir(folder);
  return {
    packages,
    files: await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  };
}
