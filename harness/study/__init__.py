"""One study file becomes its cells, comparisons and tables; every mistake has its place."""
