# Enhanced CDAO SDK with SageMaker decorators
from cdao_sdk import configure
from cdao_sdk.decorators import (
    sagemaker_task, 
    sagemaker_training_task, 
    sagemaker_batch_transform_task,
    sagemaker_processing_task
)

# Configure SDK with SageMaker support
configure(
    admin_endpoint="https://flyte.your-domain.com",
    project="ml-experiments",
    domain="development",
    sagemaker_role="arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole"
)

# SageMaker Training Task
@sagemaker_training_task(
    instance_type="ml.m5.xlarge",
    instance_count=1,
    framework="xgboost",
    framework_version="1.2-1",
    use_spot_instances=True,
    max_runtime_seconds=3600
)
def train_xgboost_model(dataset_path: str, hyperparameters: dict) -> str:
    """Train XGBoost model using SageMaker built-in algorithm"""
    return "s3://bucket/trained-xgboost-model.tar.gz"

# SageMaker Batch Transform Task  
@sagemaker_batch_transform_task(
    instance_type="ml.m5.large",
    instance_count=1,
    max_payload_mb=6,
    strategy="SingleRecord"
)
def batch_inference(model_path: str, input_data_path: str) -> str:
    """Perform batch inference using SageMaker Batch Transform"""
    return "s3://bucket/batch-predictions.csv"

# SageMaker Processing Task
@sagemaker_processing_task(
    instance_type="ml.m5.2xlarge",
    instance_count=1,
    framework="sklearn",
    framework_version="0.23-1"
)
def preprocess_features(raw_data_path: str) -> str:
    """Preprocess features using SageMaker Processing Jobs"""
    return "s3://bucket/processed-features.parquet"

# Complete workflow using multiple SageMaker services
@workflow
def end_to_end_sagemaker_pipeline(data_path: str) -> str:
    # Data preprocessing with SageMaker Processing
    processed_data = preprocess_features(raw_data_path=data_path)
    
    # Model training with SageMaker Training
    model_path = train_xgboost_model(
        dataset_path=processed_data,
        hyperparameters={"max_depth": 6, "eta": 0.3}
    )
    
    # Batch inference with SageMaker Batch Transform
    predictions = batch_inference(
        model_path=model_path,
        input_data_path=processed_data
    )
    
    return predictions
