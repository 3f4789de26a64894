import { defineConfig } from 'vitest/config';

/** One project a kind of test, each with the time that its kind may take. */
const project = (name: string, testTimeout: number) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 120_000 },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    // What has not come after a second, the default, may still come: other tests are at work.
    expect: { poll: { timeout: 60_000 } },
    projects: [
      project('unit', 10_000),
      project('integration', 120_000),
      project('faults', 180_000),
      project('e2e', 240_000),
    ],
  },
});
