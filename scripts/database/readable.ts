import type { Driver } from './driver.ts';

/** A statement after which the server may send rows, warnings and errors in another charset. */
const maySetCharset = /^\s*(?:\/\*M?!\d*\s*)?(?:set\b[^]*?\b(?:names|char)|call\b|execute\b|begin\s+not\b)/i;

/** The charsets whose rows the driver cannot read at all: it ends the connection, even over the rows of SHOW WARNINGS. */
const unreadable = /\b(?:dec8|hp8|swe7|keybcs2|geostd8|eucjpms)\b/i;

/**
 * The same connection, on which whatever the server says comes in utf8mb4, though what is run on it may set another
 * charset. Statements are sent as they are, and what they store is the same: nothing but answers depend on
 * `character_set_results`.
 *
 * It is set again before the next statement, and not at once: MySQL would forget the warnings of the one that changed it.
 */
export function readable(driver: Driver): Driver {
  let mayBeSet = false;
  const setBack = (): void => {
    if (!mayBeSet) return;
    mayBeSet = false;
    // In order before what is run next, which tells when the connection is lost.
    driver.run('SET character_set_results = utf8mb4').catch(() => undefined);
  };
  return {
    ...driver,
    run: (sql, onSuccess) => {
      setBack();
      const outcome = driver.run(sql, onSuccess);
      mayBeSet = maySetCharset.test(sql);
      if (mayBeSet && unreadable.test(sql)) setBack();
      return outcome;
    },
  };
}
