"""A bundle's named samples as facts, each with the source it would really have. PURE."""

from __future__ import annotations

from lifeevents.blueprint import blueprint_for
from lifeevents.definition import Sample, Version
from lifeevents.derived import Fact


def sample_facts(version: Version, sample: Sample, at: str = "") -> dict[str, Fact]:
    """Return the sample's facts: what a register knows comes from there if the sample says registers are up."""
    blueprint = blueprint_for(version, {repeat.role: repeat.maximum for repeat in version.bundle.repeats})
    facts: dict[str, Fact] = {}
    for key, value in sample.facts.items():
        source = "citizen"
        if key.startswith("evidence:"):
            kind = version.evidence[key.removeprefix("evidence:").partition("/")[0]]
            if sample.registers_up and "register" in kind.modes:
                continue  # checked in the register: nobody has to bring the paper
            if sample.registers_up and "e_licence" in kind.modes:
                source = f"register:{kind.register}"
        else:
            spot = blueprint.spot(key)
            if sample.registers_up and spot.source is not None:
                source = f"register:{spot.source.register}"
            elif not spot.element.ask:
                source = "sign-in"
        facts[key] = Fact(value, source, at)
    return facts
