"""A row of the bench: a figure of ours beside a baseline that was measured in the same run, and their ratio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`ours` and `baseline` are in `unit`; `is_cost` says that less is better. What is compared stands in words."""

    name: str
    unit: str
    ours: float
    baseline: float
    against: str
    is_cost: bool = True

    @property
    def ratio(self) -> float:
        """Ours over the baseline."""
        return self.ours / self.baseline
