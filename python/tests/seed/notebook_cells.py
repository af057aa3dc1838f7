# Cell 1: Import and configure
import cdao_sdk
from cdao_sdk import sagemaker_workflow

cdao_sdk.configure_sagemaker(
    sagemaker_role="arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole",
    default_bucket="bsingh-ml-workflows"
)

# Cell 2: Define SageMaker tasks
@cdao_sdk.sagemaker_training_task(
    instance_type="ml.p3.2xlarge",  # GPU for deep learning
    framework="pytorch",
    use_spot_instances=True
)
def train_pytorch_model(data_path: str) -> str:
    # PyTorch training code
    return "model_artifacts_path"

# Cell 3: Execute pipeline
execution = cdao_sdk.run(
    workflow=end_to_end_sagemaker_pipeline,
    inputs={"data_path": "s3://bsingh-ml-workflows/raw/dataset.csv"}
)

# Cell 4: Monitor SageMaker jobs
cdao_sdk.monitor_sagemaker_jobs(execution.id)
