#!/bin/bash
# A run in a hundred parts, by Slurm: in the project's folder, which all nodes see,
#
#   RUN=run-001 sbatch deploy/slurm.sh -p variants=history -p episodes=20000
#
# TENSORZERO_GATEWAY_URL, TENSORZERO_API_KEY and CLICKHOUSE_URL stand in .env. `npm run setup` must have run once.
#SBATCH --job-name=babyai
#SBATCH --array=0-99
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
set -euo pipefail

: "${RUN:?names the run: RUN=run-001 sbatch deploy/slurm.sh …}"
cd "${SLURM_SUBMIT_DIR:?is set by sbatch}"

# SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT say which part. Of an array whose time was up the same command plays what is missing.
exec deploy/worker.sh --run "$RUN" "$@"
