"""Everything that a study file may name, a folder for each kind: a new component is a new file."""
