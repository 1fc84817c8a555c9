"""The columns of every table of measured rows: one schema for those who write and read rows."""

# Every further column is a dimension that a probe declares: layer, channel, map.
ROW_COLUMNS = (
    "metric",
    "value",
    "image",
    "group",
    "seed",
    "fold",
)
