"""Submits a Spark application to this machine's Spark, in place of `smspark-submit` of SageMaker's Spark image.

Source: smspark/cli.py, job.py, config.py and errors.py of aws/sagemaker-spark-container.
By design: no YARN, no HDFS and no history server. The first of the sorted hosts runs the application with master
`local[*]`; the others have nothing to do, and end. Paths without a scheme are files of that host.

Environment: SLUICE_ML, where /opt/ml is; SLUICE_SPARK, a directory for what Spark needs while it runs.
"""

from __future__ import annotations

import glob
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlparse
from xml.sax.saxutils import escape

EMR_CONFIGURE_APPS_URL = "https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html"
#: Options with a value.
OPTIONS = (
    "--class",
    "--jars",
    "--py-files",
    "--files",
    "--spark-event-logs-s3-uri",
    "--local-spark-event-logs-dir",
)
#: EMR's classifications, and the file of Spark's that each goes to here; those of programs that do not run here to none.
CLASSIFICATIONS = {
    "core-site": "core-site.xml",
    "hadoop-env": "spark-env.sh",
    "hadoop-log4j": "log4j.properties",
    "hive-env": None,
    "hive-log4j": None,
    "hive-exec-log4j": None,
    "hive-site": "hive-site.xml",
    "spark-defaults": "spark-defaults.conf",
    "spark-env": "spark-env.sh",
    "spark-log4j": "log4j.properties",
    "spark-hive-site": "hive-site.xml",
    "spark-metrics": "metrics.properties",
    "yarn-env": None,
    "yarn-site": None,
}
#: What the kernel allows a message of a job to be, bytes.
MAX_MESSAGE = 1024


class AlgorithmError(Exception):
    """As the image's own: its text is the job's ExitMessage."""

    def __init__(self, message: str, caused_by: Exception, exit_code: int = 1):
        name = type(caused_by).__name__
        text = "Algorithm Error: (caused by %s): %s: %s" % (name, message, caused_by)
        super().__init__(text[:MAX_MESSAGE].strip())
        self.exit_code = exit_code


class InputError(AlgorithmError):
    def __init__(self, caused_by: Exception):
        super().__init__("error preparing for spark submit", caused_by)


class MissingParameter(Exception):
    pass


class NoSuchOption(Exception):
    pass


def note(text: str):
    print("smspark-submit: %s" % text, file=sys.stderr, flush=True)


def ml_path(*parts: str):
    return os.path.join(os.environ["SLUICE_ML"], *parts)


def read_json(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def parse(arguments: Sequence[str]):
    """Returns the options by name, and the application with its arguments. Options end where the application stands."""
    rest = list(arguments)
    options: dict[str, Any] = {}
    while rest and rest[0].startswith("-"):
        name, assigned, value = rest.pop(0).partition("=")
        if name in ("-v", "--verbose"):
            options["--verbose"] = True
        elif name not in OPTIONS:
            raise AlgorithmError("Couldn't parse input.", NoSuchOption("No such option: %s" % name))
        elif assigned or rest:
            options[name] = value if assigned else rest.pop(0)
        else:
            cause = MissingParameter("Option '%s' requires an argument." % name)
            raise AlgorithmError("Couldn't parse input.", cause)
    if not rest:
        raise AlgorithmError("Couldn't parse input.", MissingParameter("missing parameter: app"))
    return options, rest


def list_of_files(text: str):
    """A list of places with each directory as the files in it."""
    found: list[str] = []
    for place in text.split(","):
        if urlparse(place).scheme not in ("", "file"):
            found.append(place)
            continue
        path = urlparse(place).path
        if not os.path.isabs(path):
            raise InputError(ValueError("file path %s must be an absolute path to a file or directory" % path))
        if not os.path.exists(path):
            raise InputError(ValueError("file path %s does not exist" % path))
        if not os.path.isdir(path):
            found.append(path)
            continue
        files = [each.path for each in sorted(os.scandir(path), key=lambda each: each.name) if each.is_file()]
        if not files:
            raise InputError(ValueError("Found zero files in %s" % path))
        found.extend(files)
    return ",".join(found)


def settings_of(name: str, path: str, configuration: dict[str, Any]):
    """The text of a classification in the form of its file."""
    if name.endswith("-env"):
        inner = configuration.get("Configurations") or []
        if not inner or any(each.get("Classification") != "export" for each in inner):
            raise ValueError(
                "env classifications must use the 'export' sub-classification. Please refer to %s for more information."
                % EMR_CONFIGURE_APPS_URL
            )
        return "".join("export %s=%s\n" % item for each in inner for item in each["Properties"].items())
    properties = configuration["Properties"].items()
    if path.endswith(".xml"):
        return "".join(property_of(key, value) for key, value in properties)
    return "".join(("%s %s\n" if path.endswith(".conf") else "%s=%s\n") % item for item in properties)


def property_of(name: str, value: str):
    return "  <property>\n    <name>%s</name>\n    <value>%s</value>\n  </property>\n" % (
        escape(name),
        escape(str(value)),
    )


def user_settings():
    """What the input `conf` says, by file."""
    given = read_json(ml_path("processing", "input", "conf", "configuration.json"))
    files: dict[str, str] = {}
    for configuration in [given] if isinstance(given, dict) else given or []:
        name = configuration.get("Classification")
        if name not in CLASSIFICATIONS:
            raise ValueError(
                "Invalid classification: %s. Must be one of %s. Please refer to %s for more information."
                % (name, list(CLASSIFICATIONS), EMR_CONFIGURE_APPS_URL)
            )
        file = CLASSIFICATIONS[name]
        if file is None:
            note("'%s' of configuration.json is for programs that do not run here." % name)
        else:
            files[file] = files.get(file, "") + settings_of(name, file, configuration)
    return files


def own_settings(options: dict[str, Any], has_s3: bool):
    """What Spark needs to be told on this machine, by file; what the user says comes after it."""
    spark = ["spark.ui.enabled false", "spark.ui.showConsoleProgress false", "spark.driver.host 127.0.0.1"]
    logs = options.get("--spark-event-logs-s3-uri")
    directory = options.get("--local-spark-event-logs-dir")
    if logs and has_s3:
        spark += ["spark.eventLog.enabled true", "spark.eventLog.dir %s" % logs.replace("s3://", "s3a://")]
    elif directory:
        os.makedirs(directory, exist_ok=True)
        spark += ["spark.eventLog.enabled true", "spark.eventLog.dir file://%s" % directory]
    hadoop = {"fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem"}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        hadoop["fs.s3a.endpoint"] = endpoint
        hadoop["fs.s3a.path.style.access"] = "true"
        hadoop["fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https:")).lower()
    region = os.environ.get("AWS_REGION")
    if region:
        hadoop["fs.s3a.endpoint.region"] = region
    core = "".join(property_of(*item) for item in hadoop.items())
    return {"spark-defaults.conf": "\n".join(spark) + "\n", "core-site.xml": core}


def write_settings(directory: str, *all_files: dict[str, str]):
    os.makedirs(directory, exist_ok=True)
    for file in {name for files in all_files for name in files}:
        text = "".join(files.get(file, "") for files in all_files)
        if file.endswith(".xml"):
            text = '<?xml version="1.0"?>\n<configuration>\n%s</configuration>\n' % text
        with open(os.path.join(directory, file), "w", encoding="utf-8") as output:
            output.write(text)


def can_read_s3(spark_home: str, options: dict[str, Any], settings: dict[str, str]):
    """Whether hadoop-aws is at hand: with Spark, among the jars, or among the packages that Spark fetches."""
    jars = [*glob.glob(os.path.join(spark_home, "jars", "*.jar")), *options.get("--jars", "").split(",")]
    packages = settings.get("spark-defaults.conf", "")
    return "hadoop-aws" in packages or any("hadoop-aws" in os.path.basename(jar) for jar in jars)


def local_places():
    """Where the job's own inputs and outputs lie, by their places in S3; the longest first."""
    job = read_json(ml_path("config", "processingjobconfig.json")) or {}
    outputs = (job.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    sources = [each.get("S3Input") for each in job.get("ProcessingInputs") or []]
    sources += [each.get("S3Output") for each in outputs]
    places = {
        each["S3Uri"].rstrip("/"): each["LocalPath"].rstrip("/")
        for each in sources
        if each and each.get("S3Uri") and each.get("LocalPath")
    }
    return sorted(places.items(), key=lambda place: -len(place[0]))


def brought_here(argument: str):
    """An argument that names an input or output of the job by its place in S3, led to where it lies here."""
    for uri, path in local_places():
        for form in (uri, uri.replace("s3://", "s3a://", 1)):
            start = argument.find(form)
            rest = argument[start + len(form) :]
            if start >= 0 and (not rest or rest[0] in "/,"):
                there = "file://" + path.replace("/opt/ml", os.environ["SLUICE_ML"], 1)
                note("%s is %s: this Spark has no hadoop-aws." % (form, there))
                return argument[:start] + there + rest
    return argument


def is_primary():
    resources = read_json(ml_path("config", "resourceconfig.json")) or {}
    hosts = sorted(resources.get("hosts") or [])
    return not hosts or resources.get("current_host") == hosts[0]


def submit(arguments: Sequence[str]):
    options, application = parse(arguments)
    for name in ("--jars", "--py-files", "--files"):
        if options.get(name):
            options[name] = list_of_files(options[name])
    if not is_primary():
        note("the first host runs the application.")
        return
    import pyspark

    spark_home = os.environ.get("SPARK_HOME") or os.path.dirname(str(pyspark.__file__))
    settings = user_settings()
    has_s3 = can_read_s3(spark_home, options, settings)
    place = os.environ["SLUICE_SPARK"]
    write_settings(os.path.join(place, "conf"), own_settings(options, has_s3), settings)
    if not has_s3:
        application = [application[0], *(brought_here(each) for each in application[1:])]
    command = [os.path.join(spark_home, "bin", "spark-submit"), "--master", "local[*]"]
    command += [part for name in OPTIONS[:4] if options.get(name) for part in (name, options[name])]
    command += ["--verbose"] if options.get("--verbose") else []
    run([*command, *application], spark_home, place)


def run(command: list[str], spark_home: str, place: str):
    text = " ".join(map(shlex.quote, command))
    note("running %s" % text)
    environment = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_DIRS": os.path.join(place, "local"),
        **os.environ,
        "SPARK_HOME": spark_home,
        "SPARK_CONF_DIR": os.path.join(place, "conf"),
        "HADOOP_CONF_DIR": os.path.join(place, "conf"),
    }
    process = subprocess.Popen(command, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    if code != 0:
        cause = subprocess.CalledProcessError(code, text)
        raise AlgorithmError("spark failed with a non-zero exit code", cause, code if code > 0 else 128 - code)


def main(arguments: Sequence[str]):
    """Returns the exit code."""
    try:
        submit(arguments)
        return 0
    except AlgorithmError as error:
        failure = error
    except Exception as error:
        failure = AlgorithmError("error running Spark job", error)
    os.makedirs(ml_path("output"), exist_ok=True)
    with open(ml_path("output", "message"), "w", encoding="utf-8") as file:
        file.write(str(failure))
    note("exiting with code %d: %s" % (failure.exit_code, failure))
    return failure.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
