#!/bin/sh
# Says how full each local disk is. Reads on stdin from which percentage a disk counts as full.
# stdout: a table for people. File descriptor 3: the result, as agentcron's jsonl protocol has it.
set -eu

read -r full_percent || full_percent=${full_percent:-90}
{ true >&3; } 2>/dev/null || exec 3>/dev/null # started by hand, without agentcron

# One line per disk: used percent, free MiB, mount point. A mount that cannot be read is left out.
disks=$(df --local --block-size=1M --output=pcent,avail,target \
    -x tmpfs -x devtmpfs -x squashfs -x efivarfs 2>/dev/null | sed -n 's/^ *\([0-9]*\)% */\1 /p')
[ -n "$disks" ] || { echo "df names no local disk" >&2; exit 1; }

as_json() { printf '%s' "$1" | sed 's/[\\"]/\\&/g; 1s/^/"/; $s/$/"/'; }

count=0 most=-1 fullest='' full='' list=''
while read -r used free mount; do
    printf '%3d%% used %9d MiB free  %s\n' "$used" "$free" "$mount"
    disk="{\"mount\":$(as_json "$mount"),\"used_percent\":$used,\"free_mib\":$free}"
    list=$list${list:+,}$disk
    count=$((count + 1))
    if [ "$used" -gt "$most" ]; then most=$used fullest=$mount; fi
    if [ "$used" -ge "$full_percent" ]; then full="$full $mount"; fi
done <<END
$disks
END

summary="the fullest of $count local disks is $fullest: $most% used"
if [ -n "$full" ]; then summary="at least $full_percent% full:$full"; fi
printf '{"type":"result","result":[%s],"summary":%s}\n' "$list" "$(as_json "$summary")" >&3
