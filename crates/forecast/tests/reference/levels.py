"""Levels of statsforecast, which the tests of `crates/forecast` hold the engine's own against.

    python crates/forecast/tests/reference/levels.py      # needs statsforecast==2.0.2

Prints the level of simple exponential smoothing after 120 days of a made-up series, for three weights of the
newest day. The series is `20 + (7 d mod 11) + d / 10` on day `d`, from 0.
"""

import numpy as np
from statsforecast.models import SimpleExponentialSmoothing

days = np.arange(120)
values = 20 + (7 * days) % 11 + days / 10
for newest in (0.07, 0.15, 0.3):
    level = SimpleExponentialSmoothing(alpha=newest).forecast(values, h=1)["mean"][0]
    print(f"{newest}: {level:.6f}")
