"""Every metric of a probe: how people call it, and what it is in a sentence."""

# Scores that `volume_` and `set_` stand before, too.
SCORES = {
    "dice": ("Dice", "2 TP / (2 TP + FP + FN), the mean over the foreground classes"),
    "iou": ("IoU", "TP / (TP + FP + FN), the mean over all classes, background included"),
    "foreground_iou": ("foreground IoU", "TP / (TP + FP + FN), without the background"),
    "precision": ("precision", "TP / (TP + FP): how much of what is predicted is right"),
    "recall": ("recall", "TP / (TP + FN): how much of what is there is predicted"),
    "accuracy": ("accuracy", "the share of pixels that are labelled right"),
}

OF_WHAT = {
    "set_": ("test-set", "from one confusion matrix of all pixels of the test set"),
    "volume_": ("volume", "from the pixels of all images of a volume or group together"),
}

AFTER = "_after"  # of the trained network; without it, of the network that training began with

METRICS = {
    **SCORES,
    "loss": ("loss", "cross-entropy, the mean over the pixels of an image; less is better"),
    "class_dice": ("Dice by class", "Dice of a single class, from all pixels of the test set"),
    "class_iou": ("IoU by class", "IoU of a single class, from all pixels of the test set"),
    "median_dice": ("median Dice", "the median of Dice over the images of the test set"),
    "median_foreground_iou": (
        "median foreground IoU",
        "the median of the foreground's IoU over the images of the test set",
    ),
    "average_precision": (
        "average precision",
        "TP / (TP + FP + FN) of objects, the mean over IoU .5, .55 … .95",
    ),
    "average_precision_50": (
        "average precision at IoU .5",
        "TP / (TP + FP + FN) of objects that overlap by an IoU of .5",
    ),
    "instance_f1": ("F1 of objects", "2 TP / (2 TP + FP + FN) of objects, at an IoU of .5"),
    "adapted_rand": (
        "adapted Rand score",
        "how alike true and predicted objects part the true foreground; 1 is the same",
    ),
    "true_instances": ("true objects", "how many objects there are"),
    "predicted_instances": ("predicted objects", "how many objects are predicted"),
    "swd": (
        "SWd",
        "the symmetry-wise distance: how far the saliency of slices differs that lie equally far "
        "from the middle; 0 is symmetric",
    ),
    "fwd": (
        "FWd",
        "the full-wise distance: how far the saliency of slices differs, over all pairs of slices; "
        "0 is alike everywhere",
    ),
    "pooled_swd": ("pooled SWd", "SWd with the values of all images as one distribution"),
    "pooled_fwd": ("pooled FWd", "FWd with the values of all images as one distribution"),
    "share": ("share of saliency", "the share of the saliency that lies on a slice"),
    "swap": (
        "change when slices are swapped",
        "how far predicted probabilities move, on average, when the slices come in the opposite "
        "order",
    ),
    "hellinger": (
        "Hellinger distance",
        "how far the features of original and shifted images differ: 0 the same, 1 nothing shared",
    ),
    "hellinger_null": (
        "Hellinger distance of halves",
        "the Hellinger distance between two random halves of the original images",
    ),
    "representation_shift": (
        "representation shift",
        "the Wasserstein distance between original and shifted features, in their own units",
    ),
    "nhd": ("NHD", "one less the normalised Hamming distance of clean and perturbed prediction"),
    "ei": ("EI", "the overlap of the foregrounds of clean and perturbed prediction"),
    "v_rand": ("V-Rand", "the Rand score of the objects of clean and perturbed prediction"),
    "cte_nhd": ("consistency (NHD)", "NHD of clean and perturbed predictions over the test set"),
    "cte_ei": ("consistency (EI)", "EI of clean and perturbed predictions over the test set"),
    "cte_v_rand": (
        "consistency (V-Rand)",
        "V-Rand of clean and perturbed predictions over the test set",
    ),
    "empty_unions": ("images without foreground", "images whose predictions are all background"),
    "confidence": ("confidence", "the probability of the predicted label, the mean over pixels"),
    "certainty": ("certainty", "one less the normalised entropy, the mean over pixels"),
    "mean_confidence": ("mean confidence", "confidence, the mean over the test set"),
    "mean_certainty": ("mean certainty", "certainty, the mean over the test set"),
    "soft_dice": ("expected Dice", "the Dice that a network expects of its prediction"),
    "soft_dice_confidence": (
        "soft Dice confidence",
        "the Dice that a network expects of its predictions, over the test set",
    ),
    "seed_dice": ("Dice between seeds", "Dice of the predictions of two networks of other seeds"),
    "seed_agreement": ("agreement of seeds", "Dice between seeds, the mean over the test set"),
    "above_threshold": (
        "pixels above the threshold",
        "the share of pixels above the confidence that source pixels set",
    ),
    "atc": ("ATC", "average thresholded confidence: pixels above it, over the test set"),
    "image_doc": ("DoC of an image", "the source's accuracy, less the confidence that is lost"),
    "doc": ("DoC", "difference of confidences: the source's accuracy, less the confidence lost"),
    "image_leep": ("LEEP of an image", "LEEP of the labels of a single image"),
    "leep": (
        "LEEP",
        "the mean log likelihood of the labels by what the network's classes tell; 0 at best",
    ),
    "pixel_leep": ("LEEP by location", "LEEP with a distribution for each location"),
    "ccfv": ("CCFV", "class consistency and feature variety, over the layers"),
    "layer_ccfv": ("CCFV of a layer", "class consistency and feature variety of a layer"),
    "class_inconsistency": (
        "class inconsistency",
        "how far the features of a class differ between images; less is better",
    ),
    "feature_energy": ("feature variety", "how much of the space of features is used"),
    "h_score": ("H-score", "how well features tell the labels of pixels apart"),
    "logme": ("LogME", "the log evidence of the labels of pixels given their features"),
    "mean_risk": (
        "transfer risk",
        "the mean of 10 to the hardness over the locations, from 1 to 10; less is better",
    ),
    "constant_share": ("constant locations", "the share of locations whose label never changes"),
    "sparse_share": ("sparse locations", "the share of locations with fewer than five pixels"),
    "flat_map": ("flat risk map", "1 where all locations have the same LEEP"),
    "unused_classes": ("unused classes", "classes of the source that are never predicted"),
    "absent_classes": ("absent classes", "classes of the target that are not there"),
}
