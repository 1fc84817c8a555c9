"""A search: points asked of a sampler, raced over seeds, and told back as means."""
