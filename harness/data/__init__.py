"""Files become images and masks: readers, splits, fingerprints, downloads, and the tensors that a fit may look at."""
