"""Serves the model of batch_prediction_pipeline.py: Parquet in, a CSV of predictions out."""

import io
import os

import joblib
import pandas as pd


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def input_fn(body, content_type):
    return pd.read_parquet(io.BytesIO(body))


def predict_fn(data, model):
    return model.predict(data[model.feature_names_in_])


def output_fn(predictions, accept):
    return pd.DataFrame({"predictions": predictions}).to_csv(index=False), "text/csv"
