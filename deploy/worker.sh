#!/bin/bash
# A worker of parallel.sh and slurm.sh: npm start, with what it is given, and again when that has ended early, five times in all.
# Not again after 0, all is played; 78, a budget, a setting or a key is to be changed first; and SIGTERM.
set -uo pipefail

stopping=
worker=
trap 'stopping=1; [[ -z $worker ]] || kill -TERM "$worker"' TERM

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
  # As a process that the signal ends: a shell waits for others before it looks at it.
  sleep 10 &
  worker=$!
  wait "$worker"
  if [[ -n $stopping ]]; then exit 143; fi
done
