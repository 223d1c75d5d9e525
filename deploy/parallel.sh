#!/bin/bash
# A run in N parts on this machine, by GNU parallel; a worker that ends early is started again:
#
#   deploy/parallel.sh 8 run-001 -p variants=rule_based_history -p episodes=2000
#
# `npm run up` should serve this folder meanwhile: it keeps the store open between two starts.
set -euo pipefail

parts=${1:?into how many parts}
run=${2:?names the run}
shift 2

seq "$parts" | parallel --jobs "$parts" --line-buffer --tag --quote \
  "$(dirname "$0")/worker.sh" --run "$run" --shard "{}/$parts" "$@"
