"""A search in the words of its study, for reports and pages: metrics and settings as people read
them.
"""

from dataclasses import replace

from harness.search.history import SearchHistory
from harness.study.names import Names, display_names


def in_words(history: SearchHistory, names: Names) -> SearchHistory:
    """The same search with the names of its metrics and settings for people; a word stands behind
    a name that another word has, too. Levels stay as the search has drawn them.
    """
    settings = [dimension.path for dimension in history.dimensions]
    title_of = display_names(settings, names)
    metric_titles = display_names([objective.metric for objective in history.objectives], names)
    objectives = []
    for objective in history.objectives:
        objectives.append(replace(objective, metric=metric_titles[objective.metric]))
    dimensions = []
    for dimension in history.dimensions:
        when = {title_of.get(path, path): level for path, level in dimension.when.items()}
        dimensions.append(replace(dimension, path=title_of[dimension.path], when=when))
    points = []
    for point in history.points:
        levels = {title_of.get(path, path): level for path, level in point.levels.items()}
        points.append(replace(point, levels=levels))
    return replace(
        history,
        objectives=tuple(objectives),
        dimensions=tuple(dimensions),
        points=tuple(points),
    )
