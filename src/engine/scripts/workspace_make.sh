# Makes the worktree of a task, or finds the one that it has.
#   $1 repository   $2 base   $3 branch   $4 path of the worktree
# Tells the worker on descriptor 3, a line each: `base COMMIT` (where the branch began),
# `branch new` if it was made here, `bytes NUMBER`, `warning WORDS`. The last line on stderr says
# what failed. Killed at any point, the next run repairs what is left: nobody has worked in it yet.
repo=$1 base=$2 branch=$3 path=$4

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}
size_of() { in_repo ls-tree -r -l "$1" | awk '{ bytes += $4 } END { printf "%d", bytes }'; }
commit_of() { in_repo rev-parse --quiet --verify "$1^{commit}"; }

command -v git >/dev/null || fail "there is no git on the agent's PATH: install git"
[ -d "$repo" ] || fail "there is no repository $repo: correct workspace.git of the agent"
said=$(in_repo rev-parse --git-dir 2>&1) || fail "$repo cannot be used: $(one_line "$said")"

note=$(note_of_tree)
if is_half_made "$note" || { [ -n "$note" ] && [ ! -e "$path" ]; }; then
  rm -rf -- "$path"
  said=$(in_repo_alone worktree remove --force --force "$path" 2>&1) || fail "$(one_line "$said")"
elif [ -n "$note" ] && [ -e "$path/.git" ]; then
  cat "$note/agentcron" >&3 2>/dev/null
  measure
  exit 0
elif [ -n "$(ls -A -- "$path" 2>/dev/null)" ]; then
  fail "$path is there already and is no worktree of $repo: move it away"
fi

remote=${base%%/*}
if [ "$remote" != "$base" ] && in_repo remote | grep -Fqx -- "$remote"; then
  # One at a time, too: who comes second finds the branch fetched.
  if ! said=$(LC_ALL=C GIT_TERMINAL_PROMPT=0 timeout -k 5 120 \
    flock -o "$(common_dir)/agentcron-fetch.lock" \
    git -C "$repo" -c gc.auto=0 -c maintenance.auto=false \
    fetch --quiet --no-tags -- "$remote" "${base#*/}" 2>&1); then
    said=$(one_line "${said:-it took more than two minutes}")
    commit_of "$base" >/dev/null || fail "git fetch $remote: $said"
    printf 'warning: %s is as it was last seen, git fetch failed: %s\n' "$base" "$said" >&2
    tell "warning $base is as it was last seen, git fetch failed: $said"
  fi
fi
commit=$(commit_of "$base") ||
  fail "'$base' is no branch, tag or commit of $repo: correct workspace.base of the agent"

mkdir -p -- "$(dirname -- "$path")" || exit 1
if in_repo show-ref --verify --quiet "refs/heads/$branch"; then
  # An earlier run of the task, or a person, made it: the work on it goes on.
  commit=$(in_repo merge-base "$commit" "refs/heads/$branch") || commit=$(commit_of "$branch")
  facts="base $commit"
  said=$(in_repo_alone worktree add -- "$path" "$branch" 2>&1)
else
  facts=$(printf 'base %s\nbranch new' "$commit")
  said=$(in_repo_alone worktree add --no-track -b "$branch" -- "$path" "$commit" 2>&1)
fi || {
  wanted=$(size_of "$commit") free=$(df -B1 --output=avail -- "$(dirname -- "$path")" | tail -n 1)
  # Git does not say so, and has given back what it took.
  [ "$wanted" -lt "$free" ] ||
    fail "git worktree add: No space left on device: it takes $wanted bytes and" $free "are free"
  fail "git worktree add: $(one_line "$said")"
}
printf '%s\n' "$said" >&2
note=$(in_tree rev-parse --absolute-git-dir) && printf '%s\n' "$facts" >"$note/agentcron"
tell "$facts"
measure
