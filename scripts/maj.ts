#!/usr/bin/env node
import { runProgram } from './program.ts';
import { verbs } from './verbs.ts';

await runProgram(process.argv.slice(2), verbs);
