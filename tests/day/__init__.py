"""A user's first days: the whole way from pictures to a report, and the mistakes on it."""
