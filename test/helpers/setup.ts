import { afterAll } from 'vitest';
import { removeFolders } from './context.ts';

// Workers keep the modules that they have loaded: what is to be done for every file of tests is done here.
afterAll(removeFolders);
