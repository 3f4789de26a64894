import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { isRoot } from './test/helpers/root.ts';

/**
 * The kinds of tests, the longest first: a file of minutes that begins last would leave every other core idle. Files of a
 * kind follow each other: a worker of unit tests goes on with the modules that it has loaded.
 */
const kinds = ['real', 'e2e', 'faults', 'integration', 'unit'];

/** Files whose tests only root can do: they mount file systems, or give files to other users. See test/helpers/root.ts. */
const ofRoot = [
  'test/faults/backup-disk-full.test.ts',
  'test/faults/upgrade-in-place.test.ts',
  'test/faults/upgrade-releases.test.ts',
  'test/integration/application/permissions.test.ts',
  'test/integration/release/may-rename.test.ts',
  'test/integration/system/remove.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return kinds.flatMap((kind) => sorted.filter(({ project }) => project.name === kind));
  }
}

/** One project a kind of test, each with a time that none of its tests comes near, on a slow machine neither: for what hangs. */
const project = (name: string, testTimeout: number, { isolate = true, hookTimeout = 120_000 } = {}) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: isRoot ? [] : ofRoot,
    testTimeout,
    hookTimeout,
    isolate,
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    setupFiles: ['test/helpers/setup.ts'],
    sequence: { sequencer: LongestFirst },
    // What has not come after a second, the default, may still come: other tests are at work.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      // What is pure leaves nothing behind; to load everything anew for each file took twice the time of the tests.
      project('unit', 30_000, { isolate: false }),
      project('integration', 300_000),
      project('faults', 600_000),
      project('e2e', 600_000),
      // Real applications, which are downloaded: `make test-real` asks for them, `make test` does not. To remove what one of
      // them leaves, a quarter of a million files, takes minutes.
      ...(process.env['TEST_REAL'] === undefined
        ? []
        : [project('real', 1_800_000, { hookTimeout: 600_000 })]),
    ],
  },
});
