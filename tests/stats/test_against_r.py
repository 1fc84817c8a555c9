"""The numbers of R 4.2.2 with car, lme4, coin and exactRankTests; R itself is not needed here.

The commands stand above each number, under `options(contrasts = c("contr.sum", "contr.poly"))`.
R's exact tests ask for the side that the data lean to, and p here is twice that: for two sides R
takes distances from the mean instead, which differ where the null distribution is skewed.
"""

import numpy as np
import pandas as pd
import pytest

from harness.stats import many_groups, models, paired, two_groups

# x <- c(12,15,15,17,19,21,22); y <- c(11,12,14,15,15,18)
X = np.array([12.0, 15, 15, 17, 19, 21, 22])
Y = np.array([11.0, 12, 14, 15, 15, 18])
# p <- c(61,64,58,70,66,69,63,74,60,67); q <- c(58,65,55,66,66,62,60,70,61,60)
P = np.array([61.0, 64, 58, 70, 66, 69, 63, 74, 60, 67])
Q = np.array([58.0, 65, 55, 66, 66, 62, 60, 70, 61, 60])


def grid_with_unequal_cells() -> pd.DataFrame:
    """A grid whose cells have 1 to 4 rows: `d` of the commands."""
    dice = [61, 64, 58, 70, 66, 69, 55, 60, 72, 75, 71, 52, 59, 50, 63, 68, 66, 71, 57, 62]
    strength = [1, 2, 5, 1, 2, 5, 1, 2, 1, 2, 5, 1, 2, 5, 1, 2, 5, 10, 10, 5]
    columns = {
        "dice": np.array(dice) / 100,
        "init": list("aaaaaabbbbbcccccccab"),
        "arch": list("uuuyyyuuyyyuuuyyyyuu"),
        "strength": np.array(strength) / 10,
    }
    return pd.DataFrame(columns)


def grid_of_seeds() -> pd.DataFrame:
    """A grid of four seeds: `d` of the commands of lme4."""
    dice = [61, 64, 58, 70, 66, 69, 63, 74, 55, 60, 57, 69]
    dice += [52, 59, 50, 63, 68, 66, 62, 71, 57, 62, 53, 66]
    inits = np.repeat(["a", "b", "c"], 8)
    columns = {
        "dice": np.array(dice) / 100,
        "init": inits,
        "arch": list("uuuuyyyy") * 3,
        "seed": [1, 2, 3, 4] * 6,
        "s": np.repeat([0.1, 0.3, 0.8], 8),
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("formula", "sums", "statistics", "last_p"),
    [
        # Anova(lm(dice ~ init * arch, d), type = 2)
        ("dice ~ init * arch", "II", [4.72936, 62.09468, 1.37262], 0.285534),
        # Anova(lm(dice ~ init * arch, d), type = 3)
        ("dice ~ init * arch", "III", [4.78833, 62.72089, 1.37262], 0.285534),
        # Anova(lm(dice ~ init + arch, d), type = 2)
        ("dice ~ init + arch", "II", [4.51888, 59.33121], 9.0324e-07),
        # d$s <- d$strength - mean(d$strength); Anova(lm(dice ~ init * s, d), type = 2)
        ("dice ~ init * strength", "II", [0.65932, 0.04002, 1.15562], 0.34315),
        # Anova(lm(dice ~ init * s, d), type = 3)
        ("dice ~ init * strength", "III", [0.78577, 0.08698, 1.15562], 0.34315),
    ],
)
def test_analysis_of_variance_is_that_of_car(
    formula: str, sums: str, statistics: list[float], last_p: float
) -> None:
    model = models.anova(grid_with_unequal_cells(), formula, sums=sums)  # type: ignore[arg-type]
    assert [term.statistic for term in model.terms] == pytest.approx(statistics, abs=6e-6)
    assert model.terms[-1].p == pytest.approx(last_p, rel=2e-5)


@pytest.mark.parametrize(
    ("formula", "variances", "statistics"),
    [
        # m <- lmer(dice ~ init * arch + (1 | seed), d); VarCorr(m); anova(m)
        (
            "dice ~ init * arch",
            [0.002481666696200673, 0.000347499999195421],
            [33.57314, 8.74101, 22.44604],
        ),
        # d$s <- d$s - mean(d$s); m <- lmer(dice ~ arch * s + (1 | seed), d)
        (
            "dice ~ arch * s",
            [0.00222337230802042, 0.00189726621283849],
            [1.60099, 0.10136, 6.16677],
        ),
    ],
)
def test_mixed_effects_are_those_of_lme4(
    formula: str, variances: list[float], statistics: list[float]
) -> None:
    model = models.mixed_effects(grid_of_seeds(), formula)
    assert [size for _, size in model.variances] == pytest.approx(variances, rel=2e-6)
    assert [term.statistic for term in model.terms] == pytest.approx(statistics, abs=1e-5)


def test_tests_of_two_groups_with_ties_are_those_of_exact_rank_tests_and_coin() -> None:
    # wilcox.exact(x, y, alternative = "greater")
    # wilcox_test(v ~ g, distribution = "exact", alternative = "greater")
    assert two_groups.mann_whitney(X, Y).p == pytest.approx(2 * 0.0512820512820513)
    # perm.test(x, y, alternative = "greater")
    # oneway_test(v ~ g, distribution = "exact", alternative = "greater")
    assert two_groups.permutation_unpaired(X, Y).p == pytest.approx(2 * 0.0606060606060606)


def test_tests_of_pairs_with_ties_are_those_of_exact_rank_tests_and_coin() -> None:
    # wilcox.exact(p, q, paired = TRUE, alternative = "greater")
    plain = paired.wilcoxon(P, Q)
    assert plain.p == pytest.approx(2 * 0.0078125)
    # wilcoxsign_test(p ~ q, distribution = "exact", zero.method = "Pratt", alternative = "greater")
    pratt = paired.wilcoxon(P, Q, zeros="pratt")
    assert pratt.p == pytest.approx(2 * 0.013671875)
    # perm.test(p, q, paired = TRUE, alternative = "greater", exact = TRUE)
    permuted = paired.permutation_paired(P, Q)
    assert permuted.p == pytest.approx(2 * 0.0078125)


def test_tests_of_many_groups_are_those_of_r() -> None:
    b = np.array([11.0, 15, 14, 19, 15, 18, 20, 15])
    # kruskal.test(v ~ g, data.frame(v = c(x, y, b), g = factor(rep(1:3, c(7, 6, 8)))))
    result = many_groups.kruskal(X, Y, b)
    assert result.statistic == pytest.approx(3.201165523681)
    assert result.p == pytest.approx(0.201778894685)
    # a <- c(12,15,15,17,19,21,22,14); friedman.test(cbind(a, b, a + b[8:1]))
    a = np.append(X, 14)
    assert many_groups.friedman(a, b, a + b[::-1]).statistic == pytest.approx(12.96774193548)
