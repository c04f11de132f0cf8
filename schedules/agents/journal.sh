#!/bin/sh
# Asks the question that it reads on stdin, and notes the answer.
set -eu

question=$(head -n 1)
if [ -n "${AGENTCRON_ANSWER+set}" ]; then
    answer=$AGENTCRON_ANSWER # this is the second leg: the answer came after the first had ended
else
    answer=$(agentcron ask "$question") || exit $? # 75: no answer yet, come back with it
fi
printf '%s: %s\n' "$(date +%F)" "$answer"
