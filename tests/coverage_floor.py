"""Fail when the engine's branch coverage falls below its floor."""

import json
import sys
from pathlib import Path

FLOOR = 90.0
ENGINE = ("carbonacct/engine/", "carbonacct/expressions/", "carbonacct/schema/", "carbonacct/units.py")


def main(report: str) -> int:
    files = json.loads(Path(report).read_text())["files"]
    totals = {"covered": 0, "all": 0}
    for name, data in files.items():
        if any(part in name for part in ENGINE):
            summary = data["summary"]
            totals["covered"] += summary["covered_lines"] + summary["covered_branches"]
            totals["all"] += summary["num_statements"] + summary["num_branches"]
    share = 100 * totals["covered"] / max(totals["all"], 1)
    print(f"engine coverage (lines and branches): {share:.1f} % of {totals['all']}, floor {FLOOR} %")
    return 0 if totals["all"] and share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
