#!/bin/sh
# Keeps what an agent reports: `hook.sh INBOX` puts stdin into a new file INBOX/hook-*.json;
# `hook.sh FILE status` replaces FILE by it. Readers never see half a payload.
#
# Agents wait for their hooks and take a failing one for a veto: so no Python, two processes (cat, mv),
# nothing on stdout, and exit code 0 whatever happens. `true` is used with a redirection because a POSIX
# shell ends when one fails on a special builtin such as `:`.

exec >/dev/null 2>&1
PATH=$PATH:/usr/bin:/bin
umask 077
set -C

case ${2-} in
status) case $1 in */*) folder=${1%/*} ;; *) folder=. ;; esac ;;
*) folder=$1 ;;
esac
if ! [ -d "$folder" ]; then
    cat # a closed pipe is no way to answer
    exit 0
fi

# Among living processes a pid is unique. A file left by a dead one of the same pid is passed over: first
# take a dot name that nobody has, then look whether the name it will get is free.
# Padded, so that names sort like pids: two reports may bear the same time.
pid=000000000$$
pid=${pid#"${pid%?????????}"}
n=0
while [ "$n" -lt 1000 ]; do
    part=$folder/.hook-$pid-$n
    final=$folder/hook-$pid-$n.json
    [ "${2-}" = status ] && final=$1
    if true >"$part" && { [ "$final" = "$1" ] || ! [ -e "$final" ]; }; then
        cat >|"$part" && mv -f -- "$part" "$final" || rm -f -- "$part"
        exit 0
    fi
    n=$((n + 1))
done
exit 0
