@task(task_config={
    "platform": "sagemaker",
    "job_type": "processing",
    "input_channels": {
        "data": "s3://bucket/input/data/",
        "config": "s3://bucket/config/"
    },
    "output_channels": {
        "processed": "s3://bucket/output/processed/",
        "metrics": "s3://bucket/output/metrics/"
    }
})
def process_data():
    # Access input data
    input_path = "/opt/ml/processing/input"
    data_df = pd.read_csv(f"{input_path}/data/dataset.csv")
    config = json.load(open(f"{input_path}/config/config.json"))
    
    # Process data...
    
    # Save outputs
    output_path = "/opt/ml/processing/output"
    processed_df.to_csv(f"{output_path}/processed/clean_data.csv")
    metrics.to_json(f"{output_path}/metrics/metrics.json")
