#!/bin/sh
# Recompute a published table from exported facts, with Go and DuckDB alone: docs/how-to/recompute.md.
#
#   sh recompute.sh --facts DIR --ledger DIR --key VKEY [--checkpoint FILE] [--publication DIR] [--work DIR]
#
# GO_CHECKER names the built checker, else it is built. DuckDB is the program "duckdb", else the module of $PYTHON.
# Exit status 0: nothing differs; 1: something does, each difference a line CODE, tab, what, tab, how; 2: it cannot be told.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

refuse() {
    echo "recompute: $1" >&2
    exit 2
}

facts='' ledger='' key='' checkpoint='' publication='' work=''
while [ $# -gt 1 ]; do
    case $1 in
        --facts) facts=$2 ;;
        --ledger) ledger=$2 ;;
        --key) key=$2 ;;
        --checkpoint) checkpoint=$2 ;;
        --publication) publication=$2 ;;
        --work) work=$2 ;;
        *) refuse "unknown option $1" ;;
    esac
    shift 2
done
[ $# -eq 0 ] && [ -n "$facts" ] && [ -n "$ledger" ] && [ -n "$key" ] || refuse "--facts, --ledger and --key are needed"
for each in "$facts/manifest.json" "$ledger/checkpoint" ${publication:+"$publication/manifest.json"}; do
    [ -f "$each" ] || refuse "there is no $each"
done
absolute() { CDPATH='' cd -- "$1" && pwd; }
facts=$(absolute "$facts") ledger=$(absolute "$ledger")
[ -z "$publication" ] || publication=$(absolute "$publication")
[ -z "$checkpoint" ] || checkpoint=$(absolute "$(dirname -- "$checkpoint")")/$(basename -- "$checkpoint")
[ ! -f "$key" ] || key=$(cat "$key")

if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work"
work=$(absolute "$work")
cd "$work"
rm -f ./*.findings ./*.err recompute.db rows.tsv

checker=${GO_CHECKER:-}
if [ -z "$checker" ]; then
    checker=$work/checker
    (cd "$here" && GO111MODULE=off GOPATH=${GOPATH:-/usr/share/gocode} go build -o "$checker" .) || refuse "go build failed"
fi

checked() { # NAME ARGUMENTS...: run the checker; its findings go to NAME.findings
    name=$1
    shift
    status=0
    "$checker" "$@" >"$name.findings" || status=$?
    [ "$status" -le 1 ] || refuse "the checker cannot tell"
}

sql() { # NAME FILES...: run SQL; when it fails, that is a finding
    name=$1
    shift
    if command -v duckdb >/dev/null; then
        cat "$@" | duckdb -bail recompute.db >/dev/null 2>"$name.err" && return
    else
        cat "$@" | "${PYTHON:-python3}" -c 'import duckdb, sys
duckdb.connect("recompute.db").execute(sys.stdin.read())' >/dev/null 2>"$name.err" && return
    fi
    printf '%s-unreadable\t%s\t%s\n' "$name" "$name" "$(tr '\t\n' '  ' <"$name.err" | tail -c 400)" >"$name.findings"
    return 1
}

quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/''/g")"; }

checked files files "$facts" "$facts/manifest.json"
[ -z "$publication" ] || checked publication published "$publication" "$facts" "$ledger" "$key"
{
    echo "SET VARIABLE facts = $(quoted "$facts");"
    echo "SET VARIABLE publication = $(quoted "$publication");"
} >variables.sql
if sql facts variables.sql "$here/facts.sql"; then
    checked log log "$facts" "$ledger" "$key" ${checkpoint:+"$checkpoint"} <rows.tsv
    [ -z "$publication" ] || sql cubes variables.sql "$here/cubes.sql" || true
fi

cat ./*.findings
found=$(cat ./*.findings | wc -l)
rows=$(cat rows.tsv 2>/dev/null | wc -l)
echo "recomputed $((rows)) facts: $((found)) differences" >&2
[ "$found" -eq 0 ]
