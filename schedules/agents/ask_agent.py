#!/usr/bin/env python3
"""An agent in agentcron's jsonl protocol: works, asks one question, waits, returns a result.

One JSON object a line. stdin: first the task, later the answer. stdout: text, question, result.
"""
import json
import os
import sys

LEFT_WHILE_WAITING = 75  # exit code: the question stays open, start me again with the answer


def say(message_type, **members):
    print(json.dumps({"type": message_type, **members}), flush=True)


def measure():
    """A little real work, told as it goes on."""
    say("text", text=f"Looking at {os.uname().nodename} ...")
    facts = {"cpus": os.cpu_count(), "load": list(os.getloadavg())}
    say("text", text=f"load {facts['load'][0]:.2f} on {facts['cpus']} processors")
    with open("/proc/meminfo", encoding="ascii") as lines:
        memory = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    facts["memory_free_percent"] = round(100 * memory["MemAvailable"] / memory["MemTotal"])
    say("text", text=f"{facts['memory_free_percent']} % of the memory is free")
    facts["processes"] = sum(name.isdigit() for name in os.listdir("/proc"))
    say("text", text=f"{facts['processes']} processes")
    return facts


def ask(task):
    """Asks and waits. Returns the answer, or None when no answer will come to this process."""
    say(
        "question",
        id="report",
        text="Which report do you want?",
        detail="short is the load, long has everything that was measured.",
        options=[
            {"value": "short", "label": "Short", "description": "the load only"},
            {"value": "long", "label": "Long", "description": "load, memory and processes"},
        ],
        default=task["params"].get("default", "short"),
    )
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "answer" and message["id"] == "report":
            return message["answer"]
        if message["type"] == "message":
            say("text", text=f"A person says: {message['text']}")
        if message["type"] == "cancel":
            break
    return None


def main():
    task = json.loads(sys.stdin.readline())
    facts = measure()
    if "resume" in task:  # the answer came after the process that asked had been ended
        say("text", text=f"Back with the answer to: {task['resume']['question']}")
        answer = task["resume"]["answer"]
    else:
        answer = ask(task)
    if answer is None:
        return LEFT_WHILE_WAITING
    report = facts if answer.strip().lower() == "long" else {"load": facts["load"]}
    say("result", result={"answer": answer, "report": report}, summary=f"The answer was: {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
