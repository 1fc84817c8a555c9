"""A study harness for the question why a pretrained segmentation network transfers, or fails to."""
