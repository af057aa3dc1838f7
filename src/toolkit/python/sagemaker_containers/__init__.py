"""What scripts import of `sagemaker_containers`, which the scikit-learn and XGBoost images hold.

The package itself ended with Python 3.9 (it needs `collections.Mapping`). Here is the part that scripts for training and
inference use, written anew from its documentation; whatever else is asked for says so.

Source: github.com/aws/sagemaker-containers, README and the modules' docstrings.
"""
