"""One model asked every question on every image, nothing twice."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from harness.apply.model import Model, OpenModel
from harness.apply.own_images import Plane
from harness.apply.questions import Column, Question, column_of
from harness.apply.score_store import ScoreStore, Values, digest_of_plane
from harness.apply.score_table import WHOLE_SET, ScoreTable
from harness.apply.shared_pass import shared_pass
from harness.data.domains import on_device
from harness.data.images import Labelled, Unlabelled
from harness.data.refused import first_line
from harness.data.scans import Scans
from harness.measure.estimators import UserImages, estimate
from harness.spec.values import Part
from harness.store import Home

MOST_PIXELS = 2**25  # of the images that a question about a whole set looks at


@dataclass(frozen=True)
class Setting:
    """What scoring stands on."""

    home: Home
    device: torch.device
    questions: Sequence[Question]
    progress: Callable[[int], None] = lambda count: None  # so many more images of a model


@dataclass
class Interview:
    """One model while it is asked; a question that it cannot answer is not asked again."""

    model: Model
    opened: OpenModel
    table: ScoreTable
    setting: Setting
    digests: tuple[str, ...]  # of everything beside the image that decides a score
    unanswerable: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Asks everything, and enters the answers into the table."""
        parts: list[Part] = []
        for question in self.setting.questions:
            part = question.for_network(self.opened.is_script)
            if part is None:
                continue
            if question.of_images:
                parts.append(part)
            else:
                self._ask_of_set(part)
        for plane in self.table.planes:
            with shared_pass(self.opened.net):
                self._ask_of_image(plane, parts)
            self.setting.progress(1)

    def _ask_of_image(self, plane: Plane, parts: Sequence[Part]) -> None:
        """Asks what no earlier call has asked of an image."""
        digest = digest_of_plane(plane, self.opened.slices)
        is_new = False
        for part in parts:
            if part.key in self.unanswerable:
                continue
            store = self._store(part)
            if store.find(digest) is None:
                is_new = True
                images = plane.open(self.opened.slices, self.setting.device)
                self._answer(part, images, store, digest)
            self._enter(part, store.find(digest), plane.name)
        self.table.computed += is_new

    def _ask_of_set(self, part: Part) -> None:
        """Asks a question that has one answer for all images."""
        planes = _that_fit(self.table.planes)
        names = [digest_of_plane(plane, self.opened.slices) for plane in planes]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:24]
        store = self._store(part)
        if store.find(digest) is None:
            self._answer(part, _as_one_set(planes, self.opened, self.setting.device), store, digest)
        self._enter(part, store.find(digest), WHOLE_SET)

    def _store(self, part: Part) -> ScoreStore:
        return ScoreStore.of(self.setting.home, *self.digests, part.key)

    def _answer(self, part: Part, images: Unlabelled, store: ScoreStore, digest: str) -> None:
        """Asks the network, and keeps what it answers; notes where it cannot."""
        own = UserImages(images, self.setting.home, self.setting.device, self._prepare)
        try:
            scores = estimate(part, self.opened.net, own)
        # Whatever a network that somebody else has built makes an estimator raise.
        except Exception as error:  # noqa: BLE001
            self.unanswerable.add(part.key)
            self.table.gaps.append(f"{self.model.name}, {part.name}: {first_line(error)}")
            return
        values = {}
        for score in scores:
            column = column_of(score, part)
            self.table.columns[column.label] = column
            values[column.label] = score.value
        store.add(digest, values)

    def _prepare(self, images: Labelled | Unlabelled) -> Unlabelled:
        return self.opened.prepare(images.images)

    def _enter(self, part: Part, values: Values | None, image: str) -> None:
        for label, value in (values or {}).items():
            of_images = image != WHOLE_SET
            column = self.table.columns.get(label) or Column(label, part.name, of_images)
            self.table.enter(self.model, column, image, value)


def _that_fit(planes: Sequence[Plane]) -> list[Plane]:
    """As many images, from the first to the last, as may be in memory together."""
    first = planes[0]
    height, width = first.file.planes.shapes[first.index][:2]
    most = max(2, MOST_PIXELS // (height * width))
    step = max(1, -(-len(planes) // most))
    return list(planes[::step])


def _as_one_set(planes: Sequence[Plane], opened: OpenModel, device: torch.device) -> Unlabelled:
    """Images as one set; a network of stacks sees each without its neighbours."""
    pixels = [plane.pixels for plane in planes]
    names = [plane.name for plane in planes]
    return on_device(Scans(pixels, None, names, names), opened.slices, device).images
