"""MacKinnon's response surfaces for the Dickey-Fuller t-test, by trend and number of series N = 1, 2.

p-values: MacKinnon (1994), "Approximate asymptotic distribution functions for unit-root and cointegration
tests", Journal of Business & Economic Statistics 12(2), tables 3 and 4: p = Φ(Σ γ_k τ^k), one polynomial up
to `split`, another above it, valid from `least` to `most`.

Critical values: MacKinnon (2010), "Critical values for cointegration tests", Queen's Economics Department
working paper 1227, tables 2 (constant) and 3 (trend); without a constant, table 1: β∞ + β1/T + β2/T² + β3/T³.
The N = 2, 1 % row with a constant is the paper's -22.527 in β2; a widespread transcription has -33.527.
"""

from dataclasses import dataclass

LEVELS = ("1%", "5%", "10%")


@dataclass(frozen=True, slots=True)
class Surface:
    """The p-value polynomials, rising powers, and the three rows of critical-value coefficients."""

    least: float
    split: float
    most: float
    left: tuple[float, float, float]
    right: tuple[float, float, float, float]
    critical: tuple[tuple[float, float, float, float], ...]


_NONE_1 = Surface(
    least=-19.04,
    split=-1.04,
    most=float("inf"),
    left=(0.6344, 1.2378, 0.032496),
    right=(0.4797, 0.93557, -0.06999, 0.033066),
    critical=(
        (-2.56574, -2.2358, -3.627, 0.0),
        (-1.941, -0.2686, -3.365, 31.223),
        (-1.61682, 0.2656, -2.714, 25.364),
    ),
)
_NONE_2 = Surface(
    least=-19.62,
    split=-1.53,
    most=1.51,
    left=(1.9129, 1.3857, 0.035322),
    right=(1.5578, 0.8558, -0.2083, -0.033549),
    critical=(),  # not published
)
_CONSTANT_1 = Surface(
    least=-18.83,
    split=-1.61,
    most=2.74,
    left=(2.1659, 1.4412, 0.038269),
    right=(1.7339, 0.93202, -0.12745, -0.010368),
    critical=(
        (-3.43035, -6.5393, -16.786, -79.433),
        (-2.86154, -2.8903, -4.234, -40.040),
        (-2.56677, -1.5384, -2.809, 0.0),
    ),
)
_CONSTANT_2 = Surface(
    least=-18.86,
    split=-2.62,
    most=0.92,
    left=(2.92, 1.5012, 0.039796),
    right=(2.1945, 0.64695, -0.29198, -0.042377),
    critical=(
        (-3.89644, -10.9519, -22.527, 0.0),
        (-3.33613, -6.1101, -6.823, 0.0),
        (-3.04445, -4.2412, -2.720, 0.0),
    ),
)
_TREND_1 = Surface(
    least=-16.18,
    split=-2.89,
    most=0.7,
    left=(3.2512, 1.6047, 0.049588),
    right=(2.5261, 0.61654, -0.37956, -0.060285),
    critical=(
        (-3.95877, -9.0531, -28.428, -134.155),
        (-3.41049, -4.3904, -9.036, -45.374),
        (-3.12705, -2.5856, -3.925, -22.380),
    ),
)
_TREND_2 = Surface(
    least=-21.15,
    split=-3.19,
    most=0.63,
    left=(3.6646, 1.5419, 0.036448),
    right=(2.85, 0.5272, -0.36622, -0.051695),
    critical=(
        (-4.32762, -15.4387, -35.679, 0.0),
        (-3.78057, -9.5106, -12.074, 0.0),
        (-3.49631, -7.0815, -7.538, 21.892),
    ),
)

SURFACES = {
    ("n", 1): _NONE_1,
    ("n", 2): _NONE_2,
    ("c", 1): _CONSTANT_1,
    ("c", 2): _CONSTANT_2,
    ("ct", 1): _TREND_1,
    ("ct", 2): _TREND_2,
}
