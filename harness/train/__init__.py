"""A fit becomes a folder of weights: the one training loop, and the words that a method speaks."""
