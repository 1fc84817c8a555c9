"""One study file becomes its cells, comparisons and tables; every mistake is reported with its place."""
