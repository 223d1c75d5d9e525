#!/bin/bash
# A worker of parallel.sh and slurm.sh: npm start, with what it is given, and again when that has ended early, five times in all.
# Not again after 0, all is played; 78, a budget, a setting or a key is to be changed first; and SIGTERM.
set -uo pipefail

stopping=
worker=
trap 'stopping=1; [[ -z $worker ]] || kill -TERM "$worker"' TERM

# In the background, because bash looks at a signal only when what runs in front of it has ended.
begin() {
  "$@" &
  worker=$!
  # The signal may have come before there was whom to tell.
  [[ -z $stopping ]] || kill -TERM "$worker"
}

for left in 4 3 2 1 0; do
  begin npm start -- "$@"
  wait "$worker"
  code=$?
  if [[ -n $stopping ]]; then
    # The signal ended the wait, and not yet the worker, which lets go of its part.
    wait "$worker"
    exit $?
  fi
  if [[ $code == 0 || $code == 78 || $code == 143 || $left == 0 ]]; then exit "$code"; fi
  echo "The worker ended with $code and is started again." >&2
  begin sleep 10
  wait "$worker"
  if [[ -n $stopping ]]; then exit 143; fi
done
