"""Published data sets by name: where their files lie, and how they are read."""
