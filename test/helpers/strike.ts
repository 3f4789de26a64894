const preload = new URL('../faults/upgrade/strike.mjs', import.meta.url).href;

/** The environment in which `maj` is struck as the fault says, see `strike.mjs`. */
export const strikeEnvironment = (fault: object): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  MAJ_STRIKE: JSON.stringify(fault),
});
