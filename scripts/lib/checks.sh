#!/bin/sh
# The checks that need no running program; CI and people call the same.
#
#   scripts/lib/checks.sh [fmt] [clippy] [deny] [corpus]      all of them without arguments
#
#   fmt      cargo fmt --check
#   clippy   cargo clippy, every target, warnings are errors
#   deny     cargo deny: licences, bans, sources (the advisory database cannot be reached from CI)
#   corpus   the committed messages are what their builders write
#
# Exit: 0 all pass, 1 one failed (the others are run all the same), 2 usage.
set -u
case " $* " in *" -h "*|*" --help "*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;; esac
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 2
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH
[ $# -gt 0 ] || set -- fmt clippy deny corpus
status=0
for check in "$@"; do
    echo "== $check"
    case $check in
        fmt) cargo fmt --check ;;
        clippy) cargo clippy --locked --all-targets -- -D warnings ;;
        deny) cargo deny --locked check licenses bans sources ;;
        corpus) python3 -B scripts/corpus.py check ;;
        *) echo "checks.sh: unknown check: $check" >&2; exit 2 ;;
    esac || { echo "== $check FAILED"; status=1; }
done
exit $status
