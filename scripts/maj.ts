#!/usr/bin/env node
// Node reads all that a file imports before it runs any of it, and an old one ends with a SyntaxError somewhere in there. So
// this file imports nothing until it has looked. It keeps to what Node 10 can read, which takes it for CommonJS: no `import` or
// `export`, and no `await` outside of a function (moduleDetection in tsconfig.json).
async function start(): Promise<void> {
  const { runProgram } = await import('./cli/program.ts');
  const { verbs } = await import('./verbs.ts');
  await runProgram(process.argv.slice(2), verbs);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) {
  void start();
} else {
  // The catalogue is what an old Node cannot read. The path: it is seldom the Node that a person has in the terminal.
  process.stderr.write(
    `maj: Node 20.19 or later is needed, and this is Node ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 3;
}
