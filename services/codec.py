"""Frozen dataclasses to and from JSON: defaults left out, decimals as text, conditions in their own grammar."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from services.conditions import Condition, condition_json, parse_condition

converter = Converter(forbid_extra_keys=True)
converter.register_unstructure_hook(Decimal, str)
converter.register_structure_hook(Decimal, lambda value, _: Decimal(str(value)))


def _is_condition(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Condition)


def _unstructure(cls: type[Any]) -> Any:
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=True)


def _structure(cls: type[Any]) -> Any:
    return make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)


converter.register_unstructure_hook_factory(dataclasses.is_dataclass, _unstructure)
converter.register_structure_hook_factory(dataclasses.is_dataclass, _structure)
converter.register_unstructure_hook_func(_is_condition, condition_json)
converter.register_structure_hook_func(_is_condition, lambda value, _: parse_condition(value))
converter.register_structure_hook(str | int | bool, lambda value, _: value)
