@task(task_config={
    "platform": "sagemaker",
    "job_type": "batch_transform",
    "model_name": "my-trained-model",
    "input_location": "s3://bucket/batch-input/",
    "output_location": "s3://bucket/batch-output/",
    "instance_type": "ml.m5.large"
})
def batch_inference():
    # Batch Transform handles I/O automatically
    # Input data is provided via S3
    # Predictions are written to output S3 location
    pass
