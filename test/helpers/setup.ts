import { afterAll } from 'vitest';
import { speakWith } from '../../scripts/core/errors.ts';
import { errorText } from '../../scripts/messages/catalogue.ts';
import { en } from '../../scripts/messages/en/index.ts';
import { removeFolders } from './context.ts';

speakWith((code, facts) => errorText(en, code, facts).message);

// Workers keep the modules that they have loaded: what is to be done for every file of tests is done here.
afterAll(removeFolders);
