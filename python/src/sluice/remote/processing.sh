#!/bin/sh
# Prepares the container of a processing job as its environment says, and runs the script.
# Bash where the image has it: configuration scripts are written for that.
if [ -z "${BASH_VERSION:-}" ] && command -v bash >/dev/null 2>&1; then
  exec bash "$0" "$@"
fi
here=$(cd "$(dirname "$0")" && pwd)
python=${AWS_SAGEMAKER_REMOTE_PYTHON:-python3}

fail() {
  status=$1
  echo "$2 failed with status $status." >&2
  case "$3" in
    *apt-get* | *apt\ * | *yum* | *dnf* | *apk* | *zypper* | *conda* | *brew*)
      echo "It calls a package manager, which changes the image that runs. A job that runs without a container has none:" >&2
      echo "start the server with --executor container, or install with pip, which works everywhere." >&2
      ;;
  esac
  exit "$status"
}

echo "Environment:"
env | sort | grep -viE '^[^=]*(secret|token|passw|credential|key)[^=]*=' || true
echo "Arguments:"
for argument in "$@"; do printf '  %s\n' "$argument"; done

export PYTHONUNBUFFERED=1
PYTHONPATH="${AWS_SAGEMAKER_REMOTE_MODULE_MOUNT:+$AWS_SAGEMAKER_REMOTE_MODULE_MOUNT:}${AWS_SAGEMAKER_REMOTE_PATHS:+$AWS_SAGEMAKER_REMOTE_PATHS:}$here/runtime.zip${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH

if [ -n "${AWS_SAGEMAKER_REMOTE_CONFIGURATION_SCRIPT:-}" ]; then
  . "$AWS_SAGEMAKER_REMOTE_CONFIGURATION_SCRIPT" ||
    fail $? "The configuration script" "$(cat "$AWS_SAGEMAKER_REMOTE_CONFIGURATION_SCRIPT")"
fi
if [ -n "${AWS_SAGEMAKER_REMOTE_CONFIGURATION_COMMAND:-}" ]; then
  eval "$AWS_SAGEMAKER_REMOTE_CONFIGURATION_COMMAND" ||
    fail $? "The configuration command" "$AWS_SAGEMAKER_REMOTE_CONFIGURATION_COMMAND"
fi
if [ -n "${AWS_SAGEMAKER_REMOTE_REQUIREMENTS:-}" ]; then
  "$python" -m pip install --disable-pip-version-check -r "$AWS_SAGEMAKER_REMOTE_REQUIREMENTS" || fail $? "pip install -r" ""
fi
exec "$python" "$AWS_SAGEMAKER_REMOTE_SCRIPT" "$@"
