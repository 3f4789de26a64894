#!/usr/bin/env node
import { runProgram } from './cli/program.ts';
import { verbs } from './verbs.ts';

await runProgram(process.argv.slice(2), verbs);
