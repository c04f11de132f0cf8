#!/bin/sh
# Says how full each local disk is. Reads on stdin from which percentage a disk counts as full.
# stdout: a table for people. File descriptor 3: the result, as agentcron's jsonl protocol has it.
set -eu

read -r full_percent || full_percent=${full_percent:-90}
{ true >&3; } 2>/dev/null || exec 3>/dev/null # started by hand, without agentcron

# One line per disk: use in percent, free KiB, mount point. A mount that cannot be read is left out.
disks=$(df -P -k -l -x tmpfs -x devtmpfs -x squashfs -x efivarfs 2>/dev/null |
    awk 'NR > 1 && !seen[$1]++ {
        mount = $6
        for (i = 7; i <= NF; i++) mount = mount " " $i
        print $5 + 0, $4, mount
    }')
[ -n "$disks" ] || { echo "df names no local disk" >&2; exit 1; }

printf '%s\n' "$disks" | awk '{
    mount = $0; sub(/^[0-9]+ [0-9]+ /, "", mount)
    printf "%3d%% used %9.1f GiB free  %s\n", $1, $2 / 1048576, mount
}'

printf '%s\n' "$disks" | LC_ALL=C awk -v full_percent="$full_percent" '
{
    mount = $0; sub(/^[0-9]+ [0-9]+ /, "", mount)
    gsub(/\\/, "\\\\", mount); gsub(/"/, "\\\"", mount)
    list = list (NR > 1 ? "," : "") sprintf("{\"mount\":\"%s\",\"used_percent\":%d,\"free_gib\":%.1f}",
                                            mount, $1, $2 / 1048576)
    if ($1 >= full_percent) { full++; names = names " " mount }
    if ($1 >= most) { most = $1; fullest = mount }
}
END {
    if (full) summary = sprintf("at least %d%% full, %d of %d local disks:%s", full_percent, full, NR, names)
    else summary = sprintf("the fullest of %d local disks is %s: %d%% used", NR, fullest, most)
    printf "{\"type\":\"result\",\"result\":[%s],\"summary\":\"%s\"}\n", list, summary
}' >&3
