// Loaded into `maj` before it starts (NODE_OPTIONS=--import): strikes at a line of the journal, at the very moment when
// that line is about to be written, or has just reached the disk. Nothing in the program knows of it.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { setTimeout } from 'node:timers';

const fault = process.env.MAJ_STRIKE === undefined ? undefined : JSON.parse(process.env.MAJ_STRIKE);

if (fault !== undefined) {
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { writeFile, datasync } = prototype;
  let struck = false;
  let act;
  /** Renames that are still to be done before it falls. */
  let renames;
  const strike = () => {
    if (struck) return;
    struck = true;
    act = () => {
      if (fault.signal !== undefined) process.kill(process.pid, fault.signal);
      else execFileSync('sh', ['-c', fault.command], { stdio: 'ignore' });
    };
    if (fault.afterRenames !== undefined) renames = fault.afterRenames;
    else if (fault.afterMs === undefined) act();
    else setTimeout(act, fault.afterMs);
  };
  const { renameSync } = fs;
  fs.renameSync = (...words) => {
    renameSync(...words);
    if (renames !== undefined && (renames -= 1) === 0) act();
  };
  syncBuiltinESMExports();
  const written = new WeakSet();
  prototype.writeFile = function (data, ...rest) {
    const isIt = typeof data === 'string' && fault.line.every((piece) => data.includes(piece));
    if (isIt && fault.when === 'before') strike();
    if (isIt) written.add(this);
    return writeFile.call(this, data, ...rest);
  };
  prototype.datasync = async function () {
    await datasync.call(this);
    if (written.delete(this) && fault.when === 'after') strike();
  };
}
