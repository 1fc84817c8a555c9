"""Downloads of named data sets: where they come from, how they are fetched and unpacked."""
