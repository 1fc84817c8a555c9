"""A user's own models on a user's own images: the masks they make, and which model to use."""
