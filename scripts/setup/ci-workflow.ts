import { withBlock } from './block.ts';
import type { PackageManager } from './detect.ts';

/** Services that run a repository's workflows. */
export type CiService = 'github' | 'gitlab';

/** The file of the workflow, from the root of the repository. */
export const ciFiles: Readonly<Record<CiService, string>> = {
  github: '.github/workflows/maj-gate.yml',
  gitlab: '.gitlab-ci.yml',
};

/** Installs exactly what the lock file names. */
const installs: Readonly<Record<PackageManager, string>> = {
  npm: 'npm ci',
  pnpm: 'npx --yes pnpm install --frozen-lockfile',
  yarn: 'yarn install --frozen-lockfile',
  'yarn-berry': 'corepack enable && yarn install --immutable',
};

/** What a workflow is made of. */
interface Workflow {
  readonly packageManager: PackageManager;
  readonly branches: readonly string[];
  /** How the gate is called, from the root of the repository. */
  readonly program: string;
  /** The project's folder from there; `.`: the root itself. */
  readonly project: string;
}

/**
 * The file of a service with a job that judges every commit of the deploy branches. Pure.
 *
 * @param before undefined: there is no such file; that of GitHub is ours alone, that of GitLab holds the project's own jobs
 */
export function withWorkflow(service: CiService, before: string | undefined, workflow: Workflow): string {
  const { packageManager, branches, program, project } = workflow;
  const command = `${program} gate --project ${project} --format ${service} --commit`;
  const install =
    project === '.' ? installs[packageManager] : `(cd ${project} && ${installs[packageManager]})`;
  if (service === 'github')
    return (
      before ??
      withBlock('', [
        'name: maj gate',
        'on:',
        ...['push', 'pull_request'].flatMap((event) => [
          `  ${event}:`,
          `    branches: ${JSON.stringify(branches)}`,
        ]),
        'permissions:',
        '  contents: read',
        'jobs:',
        '  gate:',
        '    runs-on: ubuntu-latest',
        '    steps:',
        '      - uses: actions/checkout@v4',
        '        with:',
        '          fetch-depth: 0',
        '      - uses: actions/setup-node@v4',
        '        with:',
        '          node-version: 22',
        `      - run: ${install}`,
        `      - run: ${command} "$COMMIT"`,
        '        env:',
        '          COMMIT: ${{ github.event.pull_request.head.sha || github.sha }}',
      ])
    );
  const rule = branches.map((branch) => `$CI_COMMIT_BRANCH =~ /^${pattern(branch)}$/`).join(' || ');
  return withBlock(before ?? '', [
    'maj-gate:',
    // `.pre` is before every stage of the project's own jobs; but of jobs in it alone GitLab makes no pipeline.
    `  stage: ${(before ?? '').trim() === '' ? 'build' : '.pre'}`,
    '  image: node:22',
    '  rules:',
    `    - if: '${rule}'`,
    '  variables:',
    '    GIT_DEPTH: 0',
    '  script:',
    `    - ${install}`,
    `    - ${command} "$CI_COMMIT_SHA" > maj-gate.json`,
    '  artifacts:',
    '    when: always',
    '    reports:',
    '      codequality: maj-gate.json',
  ]);
}

/** A pattern of DEPLOY_BRANCH as a regular expression between slashes. */
const pattern = (branch: string): string =>
  branch.replaceAll(/[.+?^$()[\]{}|\\/]/g, String.raw`\$&`).replaceAll('*', '.*');
