"""What was measured, beside what was to be reached, and how it is printed."""

import statistics
from dataclasses import dataclass, field


def median(values):
    return statistics.median(values)


def spread(values):
    """The middle half of the values, as a share of their median."""
    if len(values) < 4:
        return 0.0
    quarter, middle, three_quarters = statistics.quantiles(values, n=4)
    return (three_quarters - quarter) / middle if middle else 0.0


@dataclass
class Target:
    """The two columns of what is aimed at. `reach` must be reached, `want` is wanted."""

    reach: float
    want: float
    unit: str = ""
    is_rate: bool = False

    def misses(self, value, aim):
        return value < aim if self.is_rate else value > aim


@dataclass
class Measure:
    name: str
    # What was read, in its own units.
    figure: str
    # What is held against the target.
    value: float | None = None
    target: Target | None = None
    # The values of the rounds, of which `value` is the median.
    rounds: list = field(default_factory=list)

    def verdict(self):
        if self.value is None or self.target is None:
            return ""
        target = self.target
        if not target.misses(self.value, target.want):
            words = "as wanted"
        elif not target.misses(self.value, target.reach):
            words = "reached"
        else:
            gap = abs(self.value - target.reach)
            words = f"missed by {gap:.2f}{target.unit}" + (
                f" ({100 * gap / target.reach:.0f} %)" if target.reach else ""
            )
        if spread(self.rounds) > 0.15:
            words += f"; rounds differ by {100 * spread(self.rounds):.0f} %"
        return words

    def cells(self):
        def number(value):
            unit = self.target.unit if self.target else ""
            return f"{value:.2f}" if not unit else f"{value:.1f}{unit}"

        value = number(self.value) if self.value is not None else ""
        reach = number(self.target.reach) if self.target else ""
        want = number(self.target.want) if self.target else ""
        return [self.name, self.figure, value, reach, want, self.verdict()]


def show(measures):
    """One table, in the widths of what stands in it."""
    head = ["measure", "figure", "result", "reach", "want", ""]
    rows = [head] + [measure.cells() for measure in measures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in (2, 3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
