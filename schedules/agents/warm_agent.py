#!/usr/bin/env python3
"""A Python agent that stays: what is slow to import is imported once, not once a task.

One JSON object a line. It says "ready" when it waits for a task; a task's output, its result and
the next "ready" follow. stdin ends when it is no longer needed.
"""
import json
import sys
import time

began = time.monotonic()
# In place of these, whatever takes seconds: a model, a data frame library, a connection.
import decimal  # noqa: E402
import statistics  # noqa: E402
import unittest.mock  # noqa: E402,F401

imported_in = time.monotonic() - began


def say(message_type, **members):
    print(json.dumps({"type": message_type, **members}), flush=True)


def work(task):
    """The mean and spread of the numbers in the prompt, to the digit."""
    numbers = [decimal.Decimal(word) for word in task["prompt"].split()]
    say("text", text=f"{len(numbers)} numbers")
    return {"mean": str(statistics.mean(numbers)), "spread": str(max(numbers) - min(numbers))}


def main():
    served = 0
    say("ready")
    for line in sys.stdin:
        task = json.loads(line)
        if task["type"] != "task":
            continue  # a "cancel" that came when its task was already done
        try:
            result = work(task)
        except (ArithmeticError, ValueError) as error:
            say("result", ok=False, summary=f"cannot do that: {error!r}")
        else:
            served += 1
            say(
                "result",
                result=result,
                summary=f"mean {result['mean']}; task {served} of this process, "
                f"which imported for {imported_in:.2f} s",
            )
        say("ready")


if __name__ == "__main__":
    main()
