"""Files become images and masks, and these the tensors that a fit may look at."""
