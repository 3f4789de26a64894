import { describe, expect, test } from 'vitest';
import {
  mergeCallerFirst,
  mergeProjectFirst,
  type Sources,
} from '../../../scripts/config/settings-precedence.ts';

const none: Sources = { shared: {}, file: {}, environment: {}, options: {} };

test('whoever calls decides: options over environment over .env over what is shared', () => {
  const all = { shared: { A: '1', DB_NAME: '1' }, file: { DB_NAME: '2', DB_USER: '2', DB_HOST: '2' } };
  const environment = { DB_USER: '3', DB_HOST: '3', OTHER: '3', DB_PORT: '' };
  expect(mergeCallerFirst({ ...all, environment, options: { DB_HOST: '4' } }).texts).toEqual({
    A: '1',
    DB_NAME: '2',
    DB_USER: '3',
    DB_HOST: '4',
  });
});

describe('where the project decides', () => {
  test.each<[string, Partial<Sources>, Record<string, string>, string[]]>([
    // title, sources, what counts, what is ignored
    [
      'what is shared goes before .env',
      { shared: { DEPLOY_BRANCH: 'a' }, file: { DEPLOY_BRANCH: 'b' } },
      { DEPLOY_BRANCH: 'a' },
      [],
    ],
    [
      'a rule of the environment does not count',
      { environment: { BACKUP_MAX_AGE: '9d' } },
      {},
      ['BACKUP_MAX_AGE'],
    ],
    [
      'nor over one of .env',
      { file: { DEPLOY_BRANCH: 'a' }, environment: { DEPLOY_BRANCH: 'b' } },
      { DEPLOY_BRANCH: 'a' },
      ['DEPLOY_BRANCH'],
    ],
    [
      'the same is not worth a word',
      { file: { DEPLOY_BRANCH: 'a' }, environment: { DEPLOY_BRANCH: 'a' } },
      { DEPLOY_BRANCH: 'a' },
      [],
    ],
    ['nor is the default', { environment: { DEPLOY_BRANCH: 'deploy', BACKUP_MAX_AGE: '24h' } }, {}, []],
    [
      'the environment says where the database is',
      { environment: { DB_NAME: 'a', DB_HOST: 'b' } },
      { DB_NAME: 'a', DB_HOST: 'b' },
      [],
    ],
    [
      'but not another one',
      { file: { DB_NAME: 'a' }, environment: { DB_NAME: 'b', DB_HOST: 'c' } },
      { DB_NAME: 'a', DB_HOST: 'c' },
      ['DB_NAME'],
    ],
    [
      'nor by its address',
      { file: { DB_NAME: 'a' }, environment: { DATABASE_URL: 'mysql://u@h/b' } },
      { DB_NAME: 'a' },
      ['DATABASE_URL'],
    ],
    [
      'nor a part beside an address',
      { file: { DATABASE_URL: 'mysql://u@h/b' }, environment: { DB_NAME: 'c' } },
      { DATABASE_URL: 'mysql://u@h/b' },
      ['DB_NAME'],
    ],
    [
      'what nobody filled in says nothing',
      {
        shared: { DEPLOY_REMOTES: '' },
        file: { DEPLOY_REMOTES: 'a', DB_HOST: '', DB_SQL_MODE: '' },
        environment: { DATABASE_URL: 'mysql://u@h/b', DB_SQL_MODE: 'ANSI' },
      },
      { DB_SQL_MODE: '', DATABASE_URL: 'mysql://u@h/b' },
      ['DB_SQL_MODE'],
    ],
    [
      'the language is the reader’s',
      { file: { MAJ_LANG: 'fr' }, environment: { MAJ_LANG: 'en' } },
      { MAJ_LANG: 'en' },
      [],
    ],
    [
      'options stand in the hook',
      { file: { DEPLOY_BRANCH: 'a' }, options: { DEPLOY_BRANCH: 'b' } },
      { DEPLOY_BRANCH: 'b' },
      [],
    ],
  ])('%s', (_title, sources, texts, ignored) => {
    expect(mergeProjectFirst({ ...none, ...sources })).toEqual({ texts, ignored });
  });
});
