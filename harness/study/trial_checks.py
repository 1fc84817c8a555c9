"""What is wrong with a trial as a whole."""

from harness.spec.catalogue import catalogue
from harness.spec.values import Part, Steps, Trial, parts_in


def mistakes_of(trial: Trial) -> list[tuple[Steps, str]]:
    """What is wrong with a trial as a whole, though each of its settings is right."""
    found: list[tuple[Steps, str]] = []
    fit = trial.fit
    multiple = catalogue("net")[fit.net.name].facts.multiple
    if fit.patch % multiple:
        lower, upper = fit.patch // multiple * multiple, (fit.patch // multiple + 1) * multiple
        nearest = f"{lower} or {upper}" if lower else str(upper)
        found.append(
            (
                ("fit", "patch"),
                f"{fit.net.name} cannot take {fit.patch} x {fit.patch} patches; {nearest} would do",
            )
        )
    for name in ("method", "pick"):
        part: Part = trial.pick if name == "pick" else fit.method
        if "adapt_to" in catalogue(name)[part.name].facts.needs and fit.adapt_to is None:
            steps: Steps = ("pick",) if name == "pick" else ("fit", "method")
            found.append((steps, f"{part.name} needs fit.adapt_to, the images to adapt to"))
    for part in [
        p for p in parts_in(fit.init) if p.kind == "init" and "encoder" not in fit.net.options
    ]:
        if "encoder" in catalogue("init")[part.name].facts.needs:
            text = f"{part.name} sets an encoder's weights, and {fit.net.name} has no `encoder`; take unet, say"
            found.append((("fit", "init"), text))
    if _overlap(fit.train_on, trial.test_on):
        at: Steps = ("test_on",)
        split_name = trial.test_on.options["split"]
        found.append(
            (
                at,
                f"tests on {split_name!r} of {trial.test_on.name}, which it is trained on; take another split",
            )
        )
    return found


def _overlap(trained: Part, tested: Part) -> bool:
    kept = [
        {k: v for k, v in p.plain.items() if k not in ("split", "fingerprint", "task")}
        for p in (trained, tested)
    ]
    splits = [p.options["split"] for p in (trained, tested)]
    return kept[0] == kept[1] and (splits[0] == splits[1] or "all" in splits)
