"""The process that dbt runs in: `python -m tiers.dbt_child ARGUMENTS` writes what happens to standard output, a JSON object a line.

{"finished": {…}} a node, {"warning": "…"} what dbt warns of, and at the end {"ended": {…}}, unless the process was ended.
"""

from __future__ import annotations

import json
import os
import sys
import threading

FINISHED = ("LogModelResult", "LogSeedResult", "LogTestResult")
FAILED = ("error", "fail", "runtime error")


def tell(**what: object) -> None:
    # in one write, because dbt's threads all tell
    os.write(1, (json.dumps(what) + "\n").encode())


def pass_on(event) -> None:
    """What the refresh wants to know of dbt's events."""
    if event.info.name in FINISHED:
        # tests count their number of nodes under a name of their own
        total = event.data.num_models if event.info.name == "LogTestResult" else event.data.total
        tell(finished={"name": event.data.node_info.node_name, "index": event.data.index, "total": total})
    if event.info.level == "warn" and event.info.msg.strip():
        tell(warning=event.info.msg)


def main(arguments: list[str]) -> None:
    """Run one dbt command, with the events passed on."""
    # Standard input ends when the refresh does, however it ended: nothing may go on writing once its lock is free.
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
    from dbt.cli.main import dbtRunner  # it takes a second to import

    answer = dbtRunner(callbacks=[pass_on]).invoke(arguments)
    failures = [
        {"node": result.node.unique_id, "message": result.message or str(result.status), "sql": getattr(result.node, "compiled_code", None)}
        for result in getattr(answer.result, "results", ())
        if result.status in FAILED
    ]
    tell(ended={"success": answer.success, "failures": failures, "exception": str(answer.exception or "")})


if __name__ == "__main__":
    main(sys.argv[1:])
