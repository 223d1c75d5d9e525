#!/bin/bash
# A worker of parallel.sh and slurm.sh: npm start, with what it is given, and again when that has ended early, five times in all.
# Not again after 0, all is played; 78, a budget, a setting or a key is to be changed first; and SIGTERM.
set -uo pipefail

stopping=
trap 'stopping=1; kill -TERM "$worker"' TERM

for left in 4 3 2 1 0; do
  npm start -- "$@" &
  worker=$!
  wait "$worker"
  code=$?
  if [[ -n $stopping ]]; then
    # The signal ended the wait, and not yet the worker, which lets go of its part.
    wait "$worker"
    exit $?
  fi
  if [[ $code == 0 || $code == 78 || $code == 143 || $left == 0 ]]; then exit "$code"; fi
  echo "The worker ended with $code and is started again." >&2
  sleep 10
done
