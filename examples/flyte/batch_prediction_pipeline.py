"""The batch prediction pipeline of the guide for SageMaker under Flyte; what is corrected in it says so: docs/flytekit.md."""

# As the guide writes it, for the Python of its images; dict in place of Dict[str, Any], which flytekit pickles.
# ruff: noqa: B006, RET504, UP006, UP035

from typing import Dict

from flytekit import Resources, task, workflow


# Data preprocessing using SageMaker Processing
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "processing",
        "instance_type": "ml.m5.2xlarge",
        "instance_count": 1,
        "framework": "scikit-learn",
        "framework_version": "0.23-1",
    },
    requests=Resources(cpu="2", mem="8Gi"),
    container_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.23-1-cpu-py3",
)
def preprocess_data_sagemaker(raw_data_path: str, preprocessing_config: dict) -> str:
    """
    Preprocess data using SageMaker Processing Jobs
    - Runs on managed SageMaker infrastructure
    - Auto-scales based on data size
    - Cost-effective with spot instances
    """
    import pandas as pd
    from sklearn.preprocessing import StandardScaler

    # This code runs inside SageMaker Processing Job
    # Process data with scikit-learn
    df = pd.read_csv(raw_data_path)

    # Apply preprocessing steps
    # Corrected: the target stays what it is.
    features = df.select_dtypes(include=["float64", "int64"]).drop(columns="target", errors="ignore")
    df_processed = pd.DataFrame(StandardScaler().fit_transform(features), columns=features.columns)
    if "target" in df.columns:
        df_processed["target"] = df["target"]

    # Save processed data to S3
    # Corrected: what lies below the output directory is uploaded, and its URI is the result
    output_path = "/opt/ml/processing/output/batch_data.parquet"
    df_processed.to_parquet(output_path)

    return output_path


# Model training using SageMaker Training Jobs
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "training",
        "instance_type": "ml.m5.xlarge",
        "instance_count": 1,
        "algorithm": "xgboost",
        "framework_version": "1.2-1",
        "use_spot_instances": True,
        "max_runtime_seconds": 3600,
    },
    requests=Resources(cpu="4", mem="16Gi"),
    container_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1",
)
def train_model_sagemaker(processed_data_path: str, model_config: dict) -> str:
    """
    Train model using SageMaker Training Jobs
    - Managed infrastructure
    - Built-in XGBoost algorithm
    - Automatic model artifacts storage
    """
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import train_test_split

    # This code runs inside SageMaker Training Job
    # Load processed data
    df = pd.read_parquet(processed_data_path)

    # Split data
    X = df.drop("target", axis=1) if "target" in df.columns else df
    y = df["target"] if "target" in df.columns else None

    if y is not None:
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

        # Train model
        model = RandomForestClassifier(**model_config.get("params", {}))
        model.fit(X_train, y_train)

        # Evaluate
        accuracy = accuracy_score(y_test, model.predict(X_test))
        print(f"Model accuracy: {accuracy}")
    else:
        # Unsupervised case
        model = RandomForestClassifier(**model_config.get("params", {}))
        model.fit(X, X.iloc[:, 0])  # Dummy fit for demo

    # Save model (SageMaker automatically uploads to S3)
    model_path = "/opt/ml/model/model.joblib"
    joblib.dump(model, model_path)

    # Corrected: what lies below /opt/ml/model is uploaded, and the URI of model.tar.gz is the result
    return model_path


# Batch inference using SageMaker Batch Transform
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "batch_transform",
        "instance_type": "ml.m5.large",
        "instance_count": 1,
        "max_payload_mb": 6,
        "max_concurrent_transforms": 1,
        "strategy": "SingleRecord",
        # Corrected: what serves the model, in the image that trained it
        "script": "inference.py",
        "framework": "xgboost",
        "framework_version": "1.2-1",
        "content_type": "application/x-parquet",
    },
    requests=Resources(cpu="2", mem="4Gi"),
)
def batch_predict_sagemaker(model_path: str, input_data_path: str, prediction_config: dict) -> str:
    """
    Perform batch predictions using SageMaker Batch Transform
    - No persistent endpoints required
    - Cost-effective for large datasets
    - Auto-scaling based on data volume
    """
    # SageMaker Batch Transform handles the inference automatically: the result is where its predictions lie,
    # and not what this returns, since flytekit wants a return
    return input_data_path


# Model evaluation using SageMaker Processing
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "processing",
        "instance_type": "ml.m5.large",
        "instance_count": 1,
        "framework": "sklearn",
    },
    requests=Resources(cpu="1", mem="2Gi"),
)
def evaluate_predictions_sagemaker(
    predictions_path: str, ground_truth_path: str, evaluation_config: dict
) -> Dict[str, float]:
    """
    Evaluate model predictions using SageMaker Processing
    - Compute metrics and performance indicators
    - Generate evaluation reports
    """
    import pandas as pd
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    # Load predictions and ground truth
    # Corrected: a batch transform leaves one file for each of its input
    predictions_df = pd.read_csv(predictions_path.rstrip("/") + "/batch_data.parquet.out")
    ground_truth_df = pd.read_csv(ground_truth_path)

    # Compute metrics
    metrics = {
        "accuracy": accuracy_score(ground_truth_df["target"], predictions_df["predictions"]),
        "precision": precision_score(ground_truth_df["target"], predictions_df["predictions"], average="weighted"),
        "recall": recall_score(ground_truth_df["target"], predictions_df["predictions"], average="weighted"),
        "f1_score": f1_score(ground_truth_df["target"], predictions_df["predictions"], average="weighted"),
    }

    return metrics


# Complete SageMaker ML Pipeline
@workflow
def sagemaker_batch_prediction_pipeline(
    raw_data_path: str = "s3://bsingh-ml-workflows/raw/credit_scoring.csv",
    model_config: dict = {"params": {"n_estimators": 100, "max_depth": 10}},
    preprocessing_config: dict = {"normalize": True},
    prediction_config: dict = {"batch_size": 1000},
    evaluation_config: dict = {"compute_shap": True},
) -> Dict[str, float]:
    """
    Complete ML pipeline running entirely on SageMaker managed infrastructure

    Pipeline Steps:
    1. Data Preprocessing (SageMaker Processing)
    2. Model Training (SageMaker Training Jobs)
    3. Batch Prediction (SageMaker Batch Transform)
    4. Model Evaluation (SageMaker Processing)

    Benefits:
    - Fully managed infrastructure
    - Auto-scaling based on workload
    - Cost optimization with spot instances
    - No infrastructure management required
    """

    # Step 1: Preprocess data using SageMaker Processing
    processed_data = preprocess_data_sagemaker(raw_data_path=raw_data_path, preprocessing_config=preprocessing_config)

    # Step 2: Train model using SageMaker Training Jobs
    trained_model = train_model_sagemaker(processed_data_path=processed_data, model_config=model_config)

    # Step 3: Batch predictions using SageMaker Batch Transform
    predictions = batch_predict_sagemaker(
        model_path=trained_model, input_data_path=processed_data, prediction_config=prediction_config
    )

    # Step 4: Evaluate predictions using SageMaker Processing
    evaluation_metrics = evaluate_predictions_sagemaker(
        predictions_path=predictions,
        ground_truth_path=raw_data_path,  # Assuming ground truth is in raw data
        evaluation_config=evaluation_config,
    )

    return evaluation_metrics


# Alternative: GPU-accelerated training for deep learning
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "training",
        "instance_type": "ml.p3.2xlarge",  # GPU instance
        "instance_count": 1,
        "framework": "pytorch",
        "framework_version": "1.8.0",
        "python_version": "py36",
        "use_spot_instances": True,
    },
    requests=Resources(cpu="8", mem="32Gi", gpu="1"),
)
def train_deep_learning_model_sagemaker(processed_data_path: str, model_config: dict) -> str:
    """
    Train deep learning model using SageMaker with GPU acceleration
    - PyTorch framework support
    - GPU-optimized instances (ml.p3.2xlarge)
    - Spot training for cost optimization
    """
    import pandas as pd
    import torch
    import torch.nn as nn

    # This runs on SageMaker GPU instances
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    # Load and prepare data
    df = pd.read_parquet(processed_data_path)

    # Corrected: the target is what is learnt, and not a feature
    features = torch.tensor(df.drop(columns="target").to_numpy(), dtype=torch.float32, device=device)
    target = torch.tensor(df["target"].to_numpy(), dtype=torch.float32, device=device).unsqueeze(1)

    # Define simple neural network
    class SimpleNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super().__init__()
            self.fc1 = nn.Linear(input_size, hidden_size)
            self.fc2 = nn.Linear(hidden_size, output_size)
            self.relu = nn.ReLU()

        def forward(self, x):
            x = self.relu(self.fc1(x))
            x = self.fc2(x)
            return x

    # Train model
    model = SimpleNN(features.shape[1], 64, 1).to(device)

    # Corrected: the training code
    optimizer = torch.optim.Adam(model.parameters(), lr=model_config.get("lr", 0.01))
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(model_config.get("epochs", 20)):
        optimizer.zero_grad()
        loss = criterion(model(features), target)
        loss.backward()
        optimizer.step()
        print(f"epoch={epoch} loss={loss.item():.4f} device={device.type}")

    # Save model
    model_path = "/opt/ml/model/pytorch_model.pth"
    torch.save(model.state_dict(), model_path)

    # Corrected: what lies below /opt/ml/model is uploaded
    return model_path
