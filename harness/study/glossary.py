"""How people call what a study file names by a word, and what it is: metrics, settings, dimensions
and statistics. The only list of such names; a study overrides them by its `names`.
"""

from dataclasses import dataclass

from harness.spec.catalogue import catalogue
from harness.study.metric_glossary import AFTER, METRICS, OF_WHAT, SCORES

SETTINGS = {
    "fit.train_on": ("training data", "the images and masks that a network learns from"),
    "fit.adapt_to": ("target", "the images without masks that a network adapts to"),
    "test_on": ("test data", "the images that a trained network is tested on"),
    "fit.net": ("network", "the network that is trained"),
    "fit.net.arch": ("architecture", "the kind of network that is trained"),
    "fit.net.encoder": ("encoder", "the part of the network that makes features of the images"),
    "fit.net.prune": ("removed skips", "how many skips are taken out, the uppermost first"),
    "fit.net.slices": ("slices", "how many neighbouring slices the network sees together"),
    "fit.init": ("initialisation", "where the weights start"),
    "fit.prepare": ("preparation", "what is done to all images once"),
    "prepare": ("preparation of the test images", "what is done to the test images alone"),
    "fit.augment": ("augmentation", "random changes of each batch"),
    "fit.method": ("method", "how the network is trained"),
    "fit.method.epochs": ("epochs", "how often training goes through its steps"),
    "fit.method.lr": ("learning rate", "how far a step of training goes"),
    "fit.method.loss": ("loss", "what training makes small"),
    "fit.method.weight": ("weighting", "what each pixel of the training images weighs in the loss"),
    "fit.method.frozen": ("frozen part", "the part of the network that is not trained at first"),
    "fit.method.optimiser": ("optimiser", "how a step of training follows from the loss"),
    "fit.method.schedule": ("schedule", "how the learning rate changes during training"),
    "fit.seed": ("seed", "the number that weights, crops and augmentation are drawn by"),
    "fit.fold": ("fold", "the part of the images that is held out in cross-validation"),
    "fit.shots": ("labelled images", "how many labelled training images are used"),
    "fit.patch": ("patch size", "the side of a training window in pixels"),
    "fit.batch": ("batch size", "windows for each step"),
    "fit.steps": ("steps per epoch", "steps for each epoch of training"),
    "fit.precision": ("precision", "the kind of numbers that training computes with"),
    "fit.train_on.style": ("training style", "the appearance of the training images"),
    "fit.train_on.name": ("training data", "the data set that a network learns from"),
    "fit.adapt_to.style": ("target style", "the appearance of the images that are adapted to"),
    "fit.adapt_to.name": ("target", "the data set that a network adapts to"),
    "test_on.style": ("test style", "the appearance of the test images"),
    "test_on.name": ("test data", "the data set that a network is tested on"),
    "pick": ("choice of the epoch", "the rule that chooses the checkpoint that is tested"),
    "perturb": ("perturbation", "a change of the test images"),
    "perturb.strength": ("strength", "how strong the change of the test images is"),
    "probes": ("probes", "what is measured of a trained network"),
}

DIMENSIONS = {
    "map": ("saliency map", "the method that says where a network looks"),
    "distance": ("distance", "the distance between two distributions of saliency"),
    "channel": ("slice", "a slice of the input; 0 is the middle"),
    "layer": ("layer", "the layer of the network that features are taken from"),
    "class": ("class", "a label of the masks"),
    "disturbance": ("disturbance", "the change of images or features that predictions answer to"),
    "strength": ("strength", "how strong the disturbance is"),
}

STATISTICS = {
    "cliffs_delta": "Cliff's delta",
    "cohens_d": "Cohen's d",
    "cohens_dz": "Cohen's dz",
    "hedges_g": "Hedges' g",
    "hodges_lehmann": "Hodges–Lehmann difference",
    "hodges_lehmann_paired": "Hodges–Lehmann difference of pairs",
    "mean_difference": "mean difference",
    "mean_difference_paired": "mean difference of pairs",
    "probability_of_improvement": "probability of improvement",
    "rank_biserial": "rank-biserial correlation",
    "brunner_munzel": "Brunner–Munzel test",
    "equivalence": "two one-sided t tests",
    "equivalence_folds": "two one-sided t tests of folds",
    "equivalence_paired": "two one-sided paired t tests",
    "equivalence_ranks": "two one-sided Mann–Whitney tests",
    "equivalence_ranks_paired": "two one-sided Wilcoxon tests",
    "friedman": "Friedman's test",
    "jonckheere": "Jonckheere's trend test",
    "kruskal": "Kruskal–Wallis test",
    "mann_whitney": "Mann–Whitney test",
    "nemenyi": "Nemenyi's test",
    "page": "Page's trend test",
    "permutation_paired": "permutation test of pairs",
    "permutation_unpaired": "permutation test",
    "sequential_signs": "sequential sign test",
    "sequential_t": "sequential t test",
    "sign": "sign test",
    "student": "Student's t test",
    "t_folds": "t test of folds",
    "t_one": "t test against zero",
    "t_paired": "paired t test",
    "trend_folds": "trend over folds",
    "welch": "Welch's t test",
    "wilcoxon": "Wilcoxon's signed-rank test",
    "kendall": "Kendall's tau",
    "pearson": "Pearson's r",
    "spearman": "Spearman's rho",
    "bh": "Benjamini–Hochberg",
    "bonferroni": "Bonferroni",
    "by": "Benjamini–Yekutieli",
    "holm": "Holm",
    "shaffer": "Shaffer",
    "bca": "BCa bootstrap interval",
    "folds": "t interval that allows for shared images",
    "hierarchical": "hierarchical bootstrap interval",
    "percentile": "percentile bootstrap interval",
    "t": "t interval",
}
KINDS_OF_STATISTICS = ("effect", "test", "rank", "interval", "correction")


@dataclass(frozen=True)
class Entry:
    """A word of study files and records, its name for people, and what it is."""

    word: str
    name: str
    text: str


def glossary_entry(word: str) -> Entry | None:
    """What a metric, a setting, a dimension of the rows or a statistic is; None where it is none
    that harness knows, as a metric of a table of scores or of a component outside the package.
    """
    name_and_text = METRICS.get(word) or SETTINGS.get(word) or DIMENSIONS.get(word)
    if name_and_text is not None:
        return Entry(word, *name_and_text)
    return _metric_of_a_whole(word) or _metric_afterwards(word) or _statistic(word)


def _metric_of_a_whole(word: str) -> Entry | None:
    """A score of all pixels of the test set, or of a volume: `set_dice`, `volume_iou`."""
    for prefix, (before_name, of_what) in OF_WHAT.items():
        score = SCORES.get(word.removeprefix(prefix))
        if word.startswith(prefix) and score is not None:
            name, text = score
            return Entry(word, f"{before_name} {name}", f"{text}; {of_what}")
    return None


def _metric_afterwards(word: str) -> Entry | None:
    """A number of the trained network, beside that of the network that training began with."""
    before = METRICS.get(word.removesuffix(AFTER))
    if not word.endswith(AFTER) or before is None:
        return None
    name, text = before
    return Entry(word, f"{name} after training", f"{text}; of the trained network")


def _statistic(word: str) -> Entry | None:
    """A test, an effect, an interval or a correction, by the sentence of the catalogue."""
    for kind in KINDS_OF_STATISTICS:
        component = catalogue(kind).get(word)
        if component is not None:
            return Entry(word, STATISTICS.get(word, word.replace("_", " ")), component.sentence)
    return None
