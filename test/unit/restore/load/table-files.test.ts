import { expect, test } from 'vitest';
import { mayShareFile } from '../../../../scripts/restore/load/loading-session.ts';

const table = (tail: string): string => `CREATE TABLE \`t\` (\n  \`a\` int(11) DEFAULT NULL\n) ${tail}`;

test.each([
  ['ENGINE=InnoDB', true],
  ['ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci', true],
  ["ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='it''s \\'ROW_FORMAT=COMPRESSED\\''", true],
  ['ENGINE=MyISAM DEFAULT CHARSET=utf8mb4', false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=COMPRESSED', false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC', false],
  ['ENGINE=InnoDB KEY_BLOCK_SIZE=8', false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 `PAGE_COMPRESSED`=1', false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 `ENCRYPTED`=YES', false],
  ["ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 DATA DIRECTORY='/srv/'", false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 WITH SYSTEM VERSIONING', false],
  ['ENGINE=InnoDB DEFAULT CHARSET=utf8mb4\n PARTITION BY HASH (`a`)\nPARTITIONS 4', false],
  ["ENGINE=InnoDB COMMENT='x' STATS_PERSISTENT=0", false],
])('%s: shares a file: %s', (tail, may) => {
  expect(mayShareFile(table(tail))).toBe(may);
});
