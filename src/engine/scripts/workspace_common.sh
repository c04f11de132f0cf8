# The beginning of both scripts; $repo and $path are set by what follows.
set -u
tell() { printf '%s\n' "$*" >&3; }
one_line() { printf '%s' "$1" | tr '\n\t' '  '; }
in_repo() {
  LC_ALL=C GIT_TERMINAL_PROMPT=0 git -C "$repo" -c gc.auto=0 -c maintenance.auto=false "$@"
}
in_tree() { LC_ALL=C GIT_TERMINAL_PROMPT=0 git -C "$path" "$@"; }
# The directory that all worktrees of the repository share.
common_dir() { in_repo rev-parse --path-format=absolute --git-common-dir 2>/dev/null; }
# One of us at a time: git reads the notes of all worktrees and fails on one that is half written.
# -o: what a hook leaves behind does not keep the lock.
in_repo_alone() {
  LC_ALL=C GIT_TERMINAL_PROMPT=0 flock -o "$(common_dir)/agentcron.lock" \
    git -C "$repo" -c gc.auto=0 -c maintenance.auto=false "$@"
}
# Where the repository keeps what it knows of the worktree; "" = it knows none.
note_of_tree() {
  common=$(common_dir) || return 0
  for entry in "$common"/worktrees/*/; do
    [ "$(cat "$entry/gitdir" 2>/dev/null)" != "$path/.git" ] || printf '%s' "${entry%/}"
  done
}
# Git locks a worktree with this word until all of its files are there.
is_half_made() { [ -n "$1" ] && grep -qsx initializing "$1/locked"; }
measure() { tell "bytes $(du -s -B1 -- "$path" 2>/dev/null | cut -f1)"; }
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
