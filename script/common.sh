# What all scripts share; to be sourced. Sets $root and $state.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=${MEELIO_SYNC_STATE:-$root/var}
case $state in /*) ;; *) state=$PWD/$state ;; esac

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a command of the administrator.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "'$*' needs root. Run it yourself and start again."
  fi
}
