"""In which unit each metric is told: what MLflow's page of a study says beside the question."""

from collections.abc import Iterable

SHARE = "share, from 0 to 1"
COUNT = "count"
NATS = "nats, natural logarithms"
NO_UNIT = "no unit"
OWN = "as the probe says, a component of your own"

# What a job has used of its machine, where that could be measured, by what its record calls it.
USE = {
    "peak_memory_gb": "GB (10^9 bytes), where it could be measured",
    "gpu_memory_gb": "GB (10^9 bytes), where it could be measured",
    "gpu_use_percent": "percent of the time in which the GPU computed anything, where it told that",
    "gpu_energy_wh": "watt hours of the GPU, where it told them",
}
USE_WORDS = {  # how people call it, and the sign of its unit
    "peak_memory_gb": ("peak memory", "GB"),
    "gpu_memory_gb": ("GPU memory", "GB"),
    "gpu_use_percent": ("GPU in use", "%"),
    "gpu_energy_wh": ("GPU energy", "Wh"),
}
WORK = ("fit", "measure")  # what a metric of time or of use is of: `seconds/fit`

_SCORES = ("dice", "iou", "foreground_iou", "precision", "recall", "accuracy")

UNITS: dict[str, str] = {
    **dict.fromkeys(_SCORES, SHARE),
    **{f"volume_{score}": SHARE for score in _SCORES},
    **{f"set_{score}": SHARE for score in _SCORES},
    **{f"class_{score}": SHARE for score in ("dice", "iou")},
    **{f"median_{score}": SHARE for score in ("dice", "foreground_iou")},
    "loss": NATS,
    # objects
    "average_precision": SHARE,
    "average_precision_50": SHARE,
    "instance_f1": SHARE,
    "adapted_rand": SHARE,
    "true_instances": COUNT,
    "predicted_instances": COUNT,
    # saliency over the slices of a stack
    **dict.fromkeys(
        ("swd", "fwd", "pooled_swd", "pooled_fwd"),
        "levels of the saliency, scaled to 0 to 255 (Wasserstein; no unit for other distances)",
    ),
    "share": SHARE,
    "swap": "probability, from 0 to 1",
    # shifts of features
    "hellinger": NO_UNIT + ", from 0 to 1",
    "hellinger_null": NO_UNIT + ", from 0 to 1",
    "representation_shift": "the unit of the layer's own features",
    # estimators
    **dict.fromkeys(("nhd", "ei", "v_rand", "cte_nhd", "cte_ei", "cte_v_rand"), SHARE),
    "empty_unions": "count of images",
    **dict.fromkeys(("confidence", "mean_confidence"), "probability, from 0 to 1"),
    **dict.fromkeys(("certainty", "mean_certainty"), SHARE),
    **dict.fromkeys(("soft_dice", "soft_dice_confidence"), SHARE),
    **dict.fromkeys(("seed_dice", "seed_agreement"), SHARE),
    **dict.fromkeys(("above_threshold", "atc"), SHARE),
    **dict.fromkeys(("image_doc", "doc"), "accuracy, from 0 to 1"),
    **dict.fromkeys(("image_leep", "leep", "leep_after"), NATS),
    **dict.fromkeys(("pixel_leep", "pixel_leep_after", "logme"), NATS),
    **dict.fromkeys(("ccfv", "layer_ccfv", "class_inconsistency", "feature_energy"), NO_UNIT),
    "h_score": NO_UNIT,
    # transfer risk
    **dict.fromkeys(("mean_risk", "mean_risk_after"), NO_UNIT + ", from 1 to 10"),
    **dict.fromkeys(("constant_share", "sparse_share"), SHARE),
    "flat_map": "1 or 0",
    **dict.fromkeys(("unused_classes", "absent_classes"), "count of classes"),
    # of every run
    "seconds/fit": "seconds",
    "seconds/measure": "seconds",
    **{f"{name}/fit": unit for name, unit in USE.items()},
    **{f"{name}/measure": unit for name, unit in USE.items()},
    "parameters": COUNT,
    "steps": COUNT,
}
SECONDS = "seconds"  # before the slash of every metric that a clock took, also `seconds/epoch`
OF_EVERY_RUN = (
    *("seconds/fit", "seconds/measure", "parameters", "steps"),
    *(f"{name}/fit" for name in USE),
    *(f"{name}/measure" for name in USE),
)


def unit_of(metric: str) -> str:
    """The unit of a metric; a probe of one's own is not in the table."""
    return UNITS.get(metric, OWN)


def is_cost(metric: str) -> bool:
    """Whether a metric tells what a run has cost, which no two machines agree on."""
    name, _, work = metric.partition("/")
    return name == SECONDS or (name in USE and work in WORK)


def unit_lines(metrics: Iterable[str]) -> list[str]:
    """A line for each unit, with the metrics that are told in it."""
    names_of: dict[str, list[str]] = {}
    for metric in (*metrics, *OF_EVERY_RUN):
        unit = unit_of(metric)
        names = names_of.setdefault(unit, [])
        names.append(f"`{metric}`")
    lines = []
    for unit, names in names_of.items():
        lines.append(f"- {unit}: {', '.join(names)}")
    return lines
