"""Samples of a quantity, and the table in which they are shown."""

import statistics


class Figure:
    """Samples of one quantity, one per round."""

    def __init__(self, samples):
        self.samples = sorted(samples)
        self.median = statistics.median(self.samples)

    def spread(self):
        """Half the spread of the middle half."""
        count = len(self.samples)
        return (self.samples[(3 * count) // 4 if count > 1 else 0] - self.samples[count // 4]) / 2

    def p99(self):
        return Figure([self.samples[min(len(self.samples) - 1, (99 * len(self.samples)) // 100)]])


class Table:
    HEADER = ("what", "median", "spread", "unit", "ratio", "p99", "rate", "promised")

    def __init__(self):
        self.rows = []

    def add(self, what, figure, unit, reference=None, p99=None, rate=None, promised=""):
        """`reference` is (name, Figure): the row shows the ratio to it. `p99` and `rate` are of the same measurement."""
        if not isinstance(figure, Figure):
            figure = Figure([figure])
        ratio = f"{figure.median / reference[1].median:.2f} x {reference[0]}" if reference else ""
        spread = f"±{shown(figure.spread())}" if len(figure.samples) > 1 else ""
        tail = f"{shown(p99.median)} {unit}" if p99 else ""
        if p99 and reference:
            tail += f" ({p99.median / reference[1].median:.2f} x)"
        rate = f"{shown(rate.median)}/s" if rate else ""
        self.rows.append((what, shown(figure.median), spread, unit, ratio, tail, rate, promised))

    def print(self):
        columns = list(zip(self.HEADER, *self.rows))
        widths = [max(map(len, column)) for column in columns]
        for row in [self.HEADER, tuple("-" * width for width in widths), *self.rows]:
            cells = [
                cell.rjust(w) if 0 < i < 3 or 4 < i < 7 else cell.ljust(w)
                for i, (cell, w) in enumerate(zip(row, widths))
            ]
            print("| " + " | ".join(cells) + " |", flush=True)


def shown(number):
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number >= 1 or number == 0 else f"{number:.2g}"
