"""The agent of tests/bench/warm. Its result says how long after its fire time its work began."""
import datetime
import json
import sys
import time

if "slow" in sys.argv:
    import slow_import  # noqa: F401


def say(message_type, **members):
    print(json.dumps({"type": message_type, **members}), flush=True)


stays = "stays" in sys.argv
if stays:
    say("ready")
for line in sys.stdin:
    began = time.time()
    task = json.loads(line)
    if task["type"] != "task":
        continue
    late_ms = None
    if task["fire_time"]:
        due = datetime.datetime.fromisoformat(task["fire_time"].replace("Z", "+00:00"))
        late_ms = 1000 * (began - due.timestamp())
    say("result", result=late_ms)
    if not stays:
        break
    say("ready")
