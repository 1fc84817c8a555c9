"""A search over points: asked of a sampler, raced over seeds, remembered from run to run."""
