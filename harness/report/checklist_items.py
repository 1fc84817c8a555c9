"""What two checklists ask for, in our own words; the numbers of the first are its own.

REFORMS (Kapoor 2024) asks it of science that uses machine learning, Metrics Reloaded (Maier-Hein
2024) of a choice of metrics.
"""

REFORMS = {
    "1a": "the population or distribution that the claim is about",
    "1b": "why this population",
    "1c": "why machine learning",
    "2a": "the data of training and evaluation, with a link or DOI",
    "2b": "the code, with its version",
    "2c": "the computers",
    "2d": "a README that says how to get the results",
    "2e": "a script that reproduces all results",
    "3a": "the source of the data and of its annotations, and when they were collected",
    "3b": "the sampling frame",
    "3c": "why the data suit the task",
    "3d": "the outcome, with descriptive statistics",
    "3e": "the size of the sample",
    "3f": "the share of missing data, and what was done with it",
    "3g": "why the data represent the population",
    "4a": "which samples were left out, and why",
    "4b": "what was done with impossible or corrupt samples",
    "4c": "all transformations of the data",
    "5a": "all models that were trained, in detail",
    "5b": "why these kinds of models",
    "5c": "how models were evaluated, with their splits",
    "5d": "how the reported models were selected",
    "5e": "how hyperparameters were tuned",
    "5f": "that the baselines are fair",
    "6a": "that preparation and modelling saw training data alone",
    "6b": "dependencies and duplicates between training and test data",
    "6c": "that every input is legitimate for the task",
    "7a": "the metrics, and why these",
    "7b": "uncertainties, and how they were computed",
    "7c": "the statistical tests, and their assumptions",
    "8a": "evidence that the result holds outside this data",
    "8b": "where it is not expected to hold",
}
METRICS_RELOADED = {
    "category": "the kind of problem: classification, detection, semantic or instance segmentation",
    "metrics": "the metrics reported, one that counts overlap and one that looks at boundaries",
    "boundaries": "how much boundaries, volumes or centre lines matter to who uses the result",
    "sizes": "small structures, structures of very different size, or of tubular shape",
    "classes": "imbalance of classes, and whether all classes weigh the same",
    "reference": "noise, disagreement or empty images in the reference masks",
    "outputs": "empty or invalid predictions, and what a metric is then",
    "aggregation": "over what metrics are averaged, and in which order",
    "repetitions": "how many trainings stand behind a number, with its spread",
    "per case": "whether the values of single cases can be looked at",
}
