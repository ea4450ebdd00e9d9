"""The report: one JSON document, and the same in a few lines for people."""

from __future__ import annotations

from typing import Any

from tests.harness.faults import Faults
from tests.harness.judge import COUNTS, SHOWN
from tests.harness.running import Run
from tests.harness.world import World


def document(run: Run, world: World, faults: Faults) -> dict[str, Any]:
    """Return what `--json` prints; `docs/` and the project's checks read these names."""
    verdict, done, totals = run.verdict, faults.done, world.ledger()["totals"]
    return {
        "seed": run.seed,
        "control": run.control,
        "cases": len(world.desk.acknowledged()),
        "deliveries": verdict.deliveries,
        "kills": faults.kills,
        "postgres_restarts": done["postgres_restart"],
        "redis_faults": done["redis_kill"] + done["redis_flush"],
        "crash_points": dict(world.crash_points.hits()),
        **{count: verdict.counts[count] for count in COUNTS},
        "frozen_sends": verdict.frozen_sends,
        "late_sends": verdict.late_sends,
        "duplicated_by_class": verdict.duplicated,
        "for_people": verdict.for_people,
        "filings_failed": world.desk.failed(),
        "filing_ms": percentiles(world.desk.milliseconds()),
        "faults": dict(sorted(done.items())),
        "network": dict(sorted(world.proxy.struck.items())),
        "departments": {name: count for name, count in sorted(totals.items())},
        "restarts": world.restarts,
        # Workers that ended though nobody killed them, and were started again as a service manager would.
        "workers_gave_up": world.gave_up,
        "brought_forward": run.brought_forward,
        "seconds": run.phases,
        "red": red(run, world),
        "findings": verdict.findings[:SHOWN],
    }


def red(run: Run, world: World) -> list[str]:
    """Return why the run fails: counts that are not 0, crash points never hit. Empty is green."""
    reasons = [f"{count} {number}" for count, number in run.verdict.counts.items() if number]
    if not run.control:
        reasons += [f"crash point {name} was never hit" for name in world.crash_points.unhit()]
    return reasons


def percentiles(values: list[float]) -> dict[str, float]:
    """Return median and 95th percentile of sorted values; nothing for none."""
    if not values:
        return {}
    return {"p50": values[len(values) // 2], "p95": values[min(int(len(values) * 0.95), len(values) - 1)]}


def lines(report: dict[str, Any]) -> list[str]:
    """Return the report for people."""
    counts = ", ".join(f"{count} {report[count]}" for count in (*COUNTS, "frozen_sends"))
    points = ", ".join(f"{name} {count}" for name, count in report["crash_points"].items())
    return [
        f"seed {report['seed']}" + (f", without {report['control']}" if report["control"] else ""),
        f"{report['cases']} cases, {report['deliveries']} deliveries, {report['kills']} kills, "
        f"{report['postgres_restarts']} PostgreSQL restarts, {report['redis_faults']} Redis faults "
        f"in {sum(report['seconds'].values()):.0f} s; {report['for_people']} items left to people",
        f"crash points: {points}",
        counts,
        *report["findings"],
        "RED: " + "; ".join(report["red"]) if report["red"] else "green",
    ]
