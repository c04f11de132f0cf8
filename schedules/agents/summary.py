#!/usr/bin/env python3
"""A summary of the rows that `context` gave, as a program can write it without a model.

The prompt on stdin holds the rows as well; a program reads them more easily from the file.
"""
import json
import os

with open(os.environ["AGENTCRON_CONTEXT_FILE"], encoding="utf-8") as rows:
    context = json.load(rows)

for row in context["tasks"]:
    failed = f", {row['failed']} failed: {row['message']}" if row["failed"] else ""
    print(f"{row['schedule'] or 'by hand'}: {row['runs']} ran{failed}")
for row in context["waiting"]:
    print(f"task {row['task_id']} has waited {row['age']}: {row['headline']}")

runs = sum(row["runs"] for row in context["tasks"])
failed = sum(row["failed"] for row in context["tasks"])
summary = f"{runs} ran, {failed} failed, {len(context['waiting'])} wait for a person"
with os.fdopen(3, "w", encoding="utf-8") as results:
    print(json.dumps({"type": "result", "result": context["tasks"], "summary": summary}),
          file=results)
