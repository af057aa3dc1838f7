"""The PyTorch task of the Flyte guide: trains a small network, on the GPU where there is one."""

import argparse
import csv
import os

import torch
from torch import nn


class SimpleNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, output_size)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.fc2(self.relu(self.fc1(x)))


parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=int(os.environ.get("SM_HP_EPOCHS", "1")))
epochs = parser.parse_known_args()[0].epochs
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"cuda={torch.cuda.is_available()} devices={torch.cuda.device_count()} gpus={os.environ['SM_NUM_GPUS']}")

with open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv")) as file:
    rows = torch.tensor([[float(value) for value in row] for row in csv.reader(file)], device=device)
inputs, target = rows[:, :-1], rows[:, -1:]
model = SimpleNN(inputs.shape[1], 64, 1).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(epochs):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), target)
    loss.backward()
    optimizer.step()
print(f"loss={loss.item():.4f} on {device.type}")
scripted = torch.jit.script(model.cpu())
torch.jit.save(scripted, os.path.join(os.environ["SM_MODEL_DIR"], "model.pth"))
