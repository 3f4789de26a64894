import { oneLine } from '../core/format.ts';
import { quoteText } from '../sql/quote.ts';
import { quoteWords } from '../system/process/shell-words.ts';
import { clearedName, filesArchiveName, lateArchiveName } from './layout.ts';

/** A fact as a word of the shell, in one line: in a comment, too, it is read before it is copied. */
const word = (fact: string): string => quoteWords([oneLine(fact)]);

/** The name of a charset or collation as the SQL in the comment takes it, which is copied to a client. */
const sqlWord = (name: string): string => (/^\w+$/.test(name) ? name : quoteText(oneLine(name)));

/**
 * The script in every backup that restores it without us: with zstd or gzip, tar and the vendor's client alone.
 * POSIX sh; LC_ALL=C makes the shell sort names byte by byte, which is the order of the dump.
 */
export function restoreScript(facts: {
  readonly id: string;
  readonly database: string;
  readonly charset: string;
  readonly collation: string;
  readonly server: string;
  readonly client: string;
}): string {
  const client = word(facts.client);
  return `#!/bin/sh
# Restores the backup ${word(facts.id)} without maj: with ${client}, tar, and zstd or gzip alone.
#
#   ./restore.sh database -u USER -p DATABASE    options and database name go to the ${client} client
#   ./restore.sh files DIR                       unpacks the application's files into DIR, a new or empty folder
#   ./restore.sh sql > dump.sql                  the whole dump, as one file
#
# The dump is of the database ${word(facts.database)} on ${word(facts.server)}.
# Its tables are replaced. A table that was added later stays: for the very same database, empty it first:
#   DROP DATABASE \`NAME\`; CREATE DATABASE \`NAME\` CHARACTER SET ${sqlWord(facts.charset)} COLLATE ${sqlWord(facts.collation)};
# CLIENT names another client program than ${client}.
set -eu
LC_ALL=C
export LC_ALL
client=${client}
here=$(cd "$(dirname "$0")" && pwd)

plain() {
  case $1 in
    *.zst) zstd -q -d -c "$1" ;;
    *.gz) gzip -d -c "$1" ;;
    *) cat "$1" ;;
  esac
}

damaged() {
  echo "restore.sh: $1 is damaged" >&2
  return 1
}

# One part after the other. The first line of MariaDB's dumps ("enable the sandbox mode") stops older and other clients.
sql() {
  for part in "$here"/database/*.sql.*; do
    case $part in
      */0000-header.*)
        plain "$part" > /dev/null || damaged "$part" || return 1
        plain "$part" | sed '1{/^\\/\\*M\\{0,1\\}!999999\\\\- enable the sandbox mode \\*\\/ *$/d;}'
        ;;
      *) plain "$part" || damaged "$part" || return 1 ;;
    esac
  done
}

# Before anything is replaced: every part decompresses, and the dump has its last line.
check() {
  sql | tail -n 1 | grep -q '^-- Dump completed' || { echo "restore.sh: the dump is not whole" >&2; exit 1; }
}

# Removes what is gone, and what the second archive brings. Folders that are closed to their owner are opened: those that stay
# are in it, with their modes. Paths come with the folders before what is in them, so that none leads through a link.
clear_late() {
  (cd "$1" && xargs -0 sh -c '
    for path do
      path=./$path
      [ ! -d "\${path%/*}" ] || chmod u+rwx "\${path%/*}"
      [ -L "$path" ] || [ ! -d "$path" ] || find "$path" -type d -exec chmod u+rwx {} ";"
      rm -rf "$path"
    done' sh) < "$here"/${clearedName}
}

case \${1-} in
  database)
    shift
    check
    # Options that tell where the settings are must come first; ours go last. Without --comments MariaDB's client would
    # take the comments out of routines and triggers.
    sql | "\${CLIENT:-$client}" "$@" --default-character-set=utf8mb4 --binary-mode --comments --max-allowed-packet=1G
    ;;
  files)
    [ $# -eq 2 ] || { echo "usage: $0 files DIR" >&2; exit 2; }
    # The second one is there where files changed while the first one was written.
    for archive in "$here"/${filesArchiveName}.* "$here"/${lateArchiveName}.*; do
      case $archive in
        */${filesArchiveName}.*)
          [ -f "$archive" ] || { echo "restore.sh: this backup holds no files" >&2; exit 1; }
          mkdir -p "$2"
          ;;
        *)
          [ -f "$archive" ] || continue
          clear_late "$2"
          ;;
      esac
      # GNU tar brings access control lists and extended attributes back when it is told to; others do so, or cannot.
      keep=
      if tar --help 2>&1 | grep -q -e --xattrs-include; then keep="--acls --xattrs --xattrs-include=*"; fi
      set -f
      plain "$archive" | tar -x -p $keep -f - -C "$2"
    done
    ;;
  sql) sql ;;
  *)
    sed -n '2,13s/^# \\{0,1\\}//p' "$0" >&2
    exit 2
    ;;
esac
`;
}
