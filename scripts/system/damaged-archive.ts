/** An archive that is not what it should be: cut off, damaged, or no archive at all. */
export class DamagedArchive extends Error {}
