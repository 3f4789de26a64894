import { describe, expect, test } from 'vitest';
import { endedEvents } from '../../../scripts/restore/compare-events.ts';
import type { Flavour } from '../../../scripts/sql/flavour.ts';

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** An event as both dump programs write it. */
const event = (name: string, schedule: string, rest = 'DO SELECT 1', zone = 'SYSTEM'): string =>
  [
    `/*!50106 DROP EVENT IF EXISTS ${quoted(name)} */;;`,
    'DELIMITER ;;',
    '/*!50003 SET @saved_cs_client      = @@character_set_client */ ;;',
    `/*!50003 SET time_zone             = '${zone}' */ ;;`,
    `/*!50106 CREATE*/ /*!50117 DEFINER=\`root\`@\`localhost\`*/ /*!50106 EVENT ${quoted(name)} ON SCHEDULE ${schedule} ${rest} */ ;;`,
    '/*!50003 SET time_zone             = @saved_time_zone */ ;;',
    '',
  ].join('\n');

/** The part of a dump that these stand in; of none, the lines around them are not there. */
const dump = (...events: readonly string[]): string =>
  `--\n-- Dumping events for database 'shop'\n--\n${
    events.length === 0
      ? ''
      : `/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;\nDELIMITER ;;\n${events.join('')}DELIMITER ;\n/*!50106 SET TIME_ZONE= @save_time_zone */ ;\n`
  }`;

const compare = (expected: string, found: string, flavour: Flavour): readonly string[] | undefined => {
  const options = { database: 'shop', definers: 'keep' } as const;
  return endedEvents({ expected, found, flavour, options: { expected: options, found: options } })?.map(
    ({ name, zone, until, preserved }) => `${name} ${until} ${zone}${preserved ? ' preserved' : ''}`,
  );
};

const time = '2030-01-02 03:04:05';
const once = (rest?: string): string => event('once', `AT '${time}' ON COMPLETION NOT PRESERVE ENABLE`, rest);
const kept = (status: string, rest?: string): string =>
  event('kept', `AT '${time}' ON COMPLETION PRESERVE ${status}`, rest, '+02:00');
const until = (status: string): string =>
  event(
    'until',
    `EVERY '1:2' HOUR_MINUTE STARTS '2029-01-01 00:00:00' ENDS '${time}' ON COMPLETION ${status}`,
  );
const ever = (rest?: string): string =>
  event('e`ver', `EVERY 1 HOUR STARTS '2029-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE`, rest);

describe.each<Flavour>(['mariadb', 'mysql'])('on %s', (flavour) => {
  test.each<[string, string, string, readonly string[] | undefined]>([
    ['a one-time event that is gone', dump(once(), ever()), dump(ever()), [`once ${time} SYSTEM`]],
    ['the only event, gone', dump(once()), dump(), [`once ${time} SYSTEM`]],
    ['gone with the whole part', dump(once()), '', [`once ${time} SYSTEM`]],
    [
      'one that is preserved, and disabled',
      dump(kept('ENABLE')),
      dump(kept('DISABLE')),
      [`kept ${time} +02:00 preserved`],
    ],
    [
      'one with a comment that says the same',
      dump(kept('ENABLE', `COMMENT ' ON COMPLETION PRESERVE ENABLE DO ' DO SELECT 1`)),
      dump(kept('DISABLE', `COMMENT ' ON COMPLETION PRESERVE ENABLE DO ' DO SELECT 1`)),
      [`kept ${time} +02:00 preserved`],
    ],
    [
      'one that recurs until then, gone',
      dump(until('NOT PRESERVE ENABLE')),
      dump(),
      [`until ${time} SYSTEM`],
    ],
    [
      'and disabled',
      dump(until('PRESERVE ENABLE')),
      dump(until('PRESERVE DISABLE')),
      [`until ${time} SYSTEM preserved`],
    ],
    [
      'one that was disabled before, gone',
      dump(event('once', `AT '${time}' ON COMPLETION NOT PRESERVE DISABLE`)),
      dump(),
      [`once ${time} SYSTEM`],
    ],
    [
      'several',
      dump(kept('ENABLE'), once()),
      dump(kept('DISABLE')),
      [`kept ${time} +02:00 preserved`, `once ${time} SYSTEM`],
    ],
    // What is not forgiven.
    ['one that is preserved, and gone', dump(kept('ENABLE')), dump(), undefined],
    ['one that is there with another body', dump(once()), dump(once('DO SELECT 2')), undefined],
    ['disabled, with another body', dump(kept('ENABLE')), dump(kept('DISABLE', 'DO SELECT 2')), undefined],
    ['enabled, where it was disabled', dump(kept('DISABLE')), dump(kept('ENABLE')), undefined],
    [
      'disabled on a replica, where it was enabled',
      dump(kept('ENABLE')),
      dump(kept('DISABLE ON SLAVE')),
      undefined,
    ],
    ['one that is not in the backup', dump(ever()), dump(ever(), once()), undefined],
    ['one without an end, gone', dump(ever(), once()), dump(), undefined],
    [
      'one without an end, changed, beside one that is gone',
      dump(ever(), once()),
      dump(ever('DO SELECT 2')),
      undefined,
    ],
    ['nothing', dump(once(), ever()), dump(once(), ever()), []],
    [
      'a time in a body',
      dump(ever(`DO SET @x = 'ON SCHEDULE AT ''${time}'' ON COMPLETION NOT PRESERVE ENABLE'`)),
      dump(),
      undefined,
    ],
  ])('%s', (_title, expected, found, result) => {
    expect(compare(expected, found, flavour)).toEqual(result);
  });
});
