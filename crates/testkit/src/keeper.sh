#!/bin/sh
# Keeps one PostgreSQL server: starts and stops it as its standard input says, a word a line, and says when that is
# done. At the end of its input, which comes with the end of the process at the other end of the pipe, it stops the
# server and removes its folder.
#
# Arguments: the folder with PostgreSQL's programs, the folder to keep, and settings for the server.
bin=$1 folder=$2
shift 2
server=

while read -r order; do
  case $order in
    start)
      "$bin/postgres" -D "$folder/data" "$@" </dev/null >>"$folder/log" 2>&1 &
      server=$!
      echo "$server"
      ;;
    *) # A signal's name.
      kill -s "$order" "$server"
      wait "$server" 2>/dev/null
      echo stopped
      server=
      ;;
  esac
done

[ -z "$server" ] || { kill -s QUIT "$server"; wait "$server"; } 2>/dev/null
rm -rf "$folder"
