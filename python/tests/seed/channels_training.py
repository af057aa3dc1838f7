@task(task_config={
    "platform": "sagemaker", 
    "job_type": "training",
    "input_channels": {
        "training": "s3://bucket/train/",
        "validation": "s3://bucket/val/",
        "test": "s3://bucket/test/"
    },
    "hyperparameters": {
        "epochs": "100",
        "batch_size": "32"
    }
})
def train_model():
    # Standard SageMaker training paths
    input_path = "/opt/ml/input/data"
    model_path = "/opt/ml/model"
    
    # Access training data by channel name
    train_df = pd.read_csv(f"{input_path}/training/train.csv")
    val_df = pd.read_csv(f"{input_path}/validation/val.csv")
    test_df = pd.read_csv(f"{input_path}/test/test.csv")
    
    # Train model...
    
    # Save model artifacts
    model.save(f"{model_path}/model.pkl")
    joblib.dump(scaler, f"{model_path}/scaler.pkl")
