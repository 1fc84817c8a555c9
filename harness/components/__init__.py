"""Everything that a study file may name, a folder for each kind; a new component is one new file here."""
