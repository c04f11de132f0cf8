# Looks at the worktree of a task that has ended, and removes it where that loses nothing.
#   $1 repository   $2 branch   $3 commit at which the branch began   $4 path of the worktree
#   $5 keep | remove | force   $6 new if agentcron made the branch   $7... archive, a command
# Tells the worker on descriptor 3, a line each: `bytes NUMBER`, `dirty NUMBER` (files that are
# changed or untracked), `unpushed NUMBER` (commits that only this branch has), and at the end
# `removed` or `kept WHY`. May be killed and run again at any point.
repo=$1 branch=$2 base=$3 path=$4 order=$5 made=$6
shift 6

keep() {
  tell "kept $(one_line "$*")"
  exit 0
}
# The branch goes with the worktree if it holds nothing of its own; otherwise it is the work.
gone() {
  if [ "$made" = new ] && [ "$(in_repo rev-list --count "$base..refs/heads/$branch")" = 0 ]; then
    in_repo_alone branch --quiet -D -- "$branch"
  fi
  tell removed
  exit 0
}

command -v git >/dev/null || keep "there is no git on the PATH"
note=$(note_of_tree)
if is_half_made "$note"; then rm -rf -- "$path"; fi
if [ ! -e "$path" ]; then
  [ -z "$note" ] || in_repo_alone worktree remove --force --force "$path"
  gone
fi
# It was never made: what is there is not ours.
[ -n "$base" ] || [ -n "$note" ] || gone
if [ "$order" = remove ] && [ $# -gt 0 ]; then
  said=$( (cd -- "$path" && exec "$@" 3>&-) 2>&1) ||
    keep "archive: '$1' exited with code $?${said:+: $(printf '%s' "$said" | tail -n 1)}"
fi
measure
if [ "$order" = force ]; then
  said=$(in_repo_alone worktree remove --force --force "$path" 2>&1) ||
    { [ -f "$path/.git" ] && rm -rf -- "$path"; } || keep "$said"
  gone
fi

[ -e "$path/.git" ] || keep "it is no git worktree any more"
dirty=$(in_tree status --porcelain --untracked-files=normal 2>&1) || keep "git status: $dirty"
dirty=$(printf '%s' "$dirty" | grep -c '')
own=
in_tree show-ref --verify --quiet "refs/heads/$branch" && own=refs/heads/$branch
unpushed=$(in_tree rev-list --count HEAD $own --not ${base:+"$base"} --remotes \
  --exclude="$branch" --branches 2>&1) || keep "git rev-list: $unpushed"
tell "dirty $dirty"
tell "unpushed $unpushed"
[ "$order" = keep ] && keep
[ "$dirty" = 0 ] && [ "$unpushed" = 0 ] || keep
# Without --force: git looks again.
said=$(in_repo_alone worktree remove "$path" 2>&1) || keep "$said"
gone
