// The judge of the connector: runs a workflow of Flyte 1, as `pyflyte package` has written it, with Flyte's own compiler,
// engine (Propeller) and connector plugin in one process, without Kubernetes or FlyteAdmin. It tells what happens in lines
// of JSON, and ends with 0 where the workflow has succeeded, 1 where it has not, 2 where it could not be run, 3 where it
// did not end in time.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sfake "k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"

	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/admin"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	plugins "github.com/flyteorg/flyte/flyteplugins/go/tasks/plugins/webapi/connector"
	"github.com/flyteorg/flyte/flytepropeller/pkg/apis/flyteworkflow/v1alpha1"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler/transformers/k8s"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/config"
	execmocks "github.com/flyteorg/flyte/flytepropeller/pkg/controller/executors/mocks"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/catalog"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/factory"
	gatemocks "github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/gate/mocks"
	recmocks "github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/recovery/mocks"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/subworkflow/launchplan"
	taskconfig "github.com/flyteorg/flyte/flytepropeller/pkg/controller/nodes/task/config"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/workflow"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/workflowstore"
	"github.com/flyteorg/flyte/flytestdlib/contextutils"
	"github.com/flyteorg/flyte/flytestdlib/logger"
	"github.com/flyteorg/flyte/flytestdlib/promutils"
	"github.com/flyteorg/flyte/flytestdlib/promutils/labeled"
	"github.com/flyteorg/flyte/flytestdlib/storage"
)

const (
	project   = "p"
	domain    = "development"
	namespace = "p-development"
)

type options struct {
	directory, workflow, connector, inputs, execution string
	s3, bucket                                        string
	sync, limit, abortAfter                           time.Duration
	compileOnly, interruptible                        bool
}

func main() {
	o := options{}
	flag.StringVar(&o.directory, "pkg", "", "what `pyflyte package` has written, untarred")
	flag.StringVar(&o.workflow, "workflow", "", "name of the workflow")
	flag.StringVar(&o.connector, "connector", "127.0.0.1:8000", "where the connector answers")
	flag.StringVar(&o.inputs, "inputs", "{}", "LiteralMap in protobuf's JSON")
	flag.StringVar(&o.execution, "exec", "exec1", "name of the execution")
	flag.StringVar(&o.s3, "s3", "", "S3 endpoint in which data is kept; AWS_ACCESS_KEY_ID and its like say who asks. Absent: memory")
	flag.StringVar(&o.bucket, "bucket", "flyte", "its bucket")
	flag.DurationVar(&o.sync, "sync", 5*time.Second, "how often the connector is asked; Flyte takes no less than 5 s")
	flag.DurationVar(&o.limit, "limit", 2*time.Minute, "how long the workflow may take")
	flag.DurationVar(&o.abortAfter, "abort-after", 0, "abort it after so long")
	flag.BoolVar(&o.compileOnly, "compile", false, "only compile it")
	flag.BoolVar(&o.interruptible, "interruptible", false, "run it as interruptible")
	flag.Parse()
	code, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(o options) (int, error) {
	ctx := context.Background()
	labeled.SetMetricKeys(contextutils.ProjectKey, contextutils.DomainKey, contextutils.WorkflowIDKey, contextutils.TaskIDKey)
	level := logger.ErrorLevel
	if os.Getenv("JUDGE_DEBUG") != "" {
		level = logger.DebugLevel
	}
	if err := logger.SetConfig(&logger.Config{Level: level}); err != nil {
		return 2, err
	}
	closure, err := compilePackage(o.directory, o.workflow)
	if err != nil {
		return 2, err
	}
	if o.compileOnly {
		tell(map[string]any{"event": "compiled", "nodes": len(closure.GetPrimary().GetTemplate().GetNodes())})
		return 0, nil
	}
	crd, err := newExecution(o, closure)
	if err != nil {
		return 2, err
	}
	e, err := newEngine(ctx, o, crd)
	if err != nil {
		return 2, err
	}
	return e.toItsEnd(ctx, o)
}

// newExecution is the object that FlyteAdmin would put into the cluster.
func newExecution(o options, closure *core.CompiledWorkflowClosure) (*v1alpha1.FlyteWorkflow, error) {
	inputs := &core.LiteralMap{}
	if err := protojson.Unmarshal([]byte(o.inputs), inputs); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	id := &core.WorkflowExecutionIdentifier{Project: project, Domain: domain, Name: o.execution}
	crd, err := k8s.BuildFlyteWorkflow(closure, inputs, id, namespace)
	if err != nil {
		return nil, err
	}
	now := metav1.Now()
	crd.ExecutionID = v1alpha1.WorkflowExecutionIdentifier{WorkflowExecutionIdentifier: id}
	crd.AcceptedAt = &now
	crd.WorkflowMeta = &v1alpha1.WorkflowMeta{EventVersion: v1alpha1.EventVersion2}
	crd.RawOutputDataConfig = v1alpha1.RawOutputDataConfig{RawOutputDataConfig: &admin.RawOutputDataConfig{}}
	if o.interruptible {
		crd.NodeDefaults.Interruptible = true
	}
	return crd, nil
}

type engine struct {
	propeller *controller.Propeller
	workflows *memoryStore
	data      *storage.DataStore
	wake      chan struct{}
	name      string
}

func newEngine(ctx context.Context, o options, crd *v1alpha1.FlyteWorkflow) (*engine, error) {
	connectors := *plugins.GetConfig()
	connectors.DefaultConnector.Endpoint = o.connector
	connectors.SupportedTaskTypes = nil
	connectors.WebAPI.Caching.ResyncInterval.Duration = o.sync
	if err := plugins.SetConfig(&connectors); err != nil {
		return nil, err
	}
	taskconfig.GetConfig().TaskPlugins.EnabledPlugins = []string{"connector-service"}
	data, root, err := openData(o)
	if err != nil {
		return nil, err
	}
	caching, err := catalog.NewCatalogClient(ctx, nil)
	if err != nil {
		return nil, err
	}
	wake := make(chan struct{}, 64)
	enqueue := func(string) {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	kube := execmocks.NewFakeKubeClient()
	plans := launchplan.NewFailFastLaunchPlanExecutor()
	events := &config.EventConfig{RawOutputPolicy: config.RawOutputPolicyReference}
	recovery, signals := &recmocks.Client{}, &gatemocks.SignalServiceClient{}
	offloading := config.LiteralOffloadingConfig{}
	handlers, err := factory.NewHandlerFactory(ctx, plans, plans, kube, k8sfake.NewSimpleClientset(), caching, recovery, events, offloading, "c1", signals, promutils.NewTestScope())
	if err != nil {
		return nil, err
	}
	nodeExecutor, err := nodes.NewExecutor(ctx, config.GetConfig().NodeConfig, data, enqueue, eventLines{}, plans, plans, storage.DataReference(root+"/raw"), kube, caching, recovery, offloading, events, "c1", signals, handlers, promutils.NewTestScope())
	if err != nil {
		return nil, err
	}
	stats, err := workflowstore.NewExecutionStatsHolder()
	if err != nil {
		return nil, err
	}
	executor, err := workflow.NewExecutor(ctx, data, enqueue, eventLines{}, record.NewFakeRecorder(1000), root+"/metadata", nodeExecutor, events, "c1", promutils.NewTestScope(), stats)
	if err != nil {
		return nil, err
	}
	workflows := &memoryStore{workflows: map[string][]byte{}}
	if _, err := workflows.put(crd); err != nil {
		return nil, err
	}
	propeller := controller.NewPropellerHandler(ctx, config.GetConfig(), data, workflows, executor, promutils.NewTestScope())
	return &engine{propeller: propeller, workflows: workflows, data: data, wake: wake, name: crd.Name}, propeller.Initialize(ctx)
}

// openData gives the store of inputs and outputs, and the address under which they are.
func openData(o options) (*storage.DataStore, string, error) {
	if o.s3 == "" {
		data, err := storage.NewDataStore(&storage.Config{Type: storage.TypeMemory}, promutils.NewTestScope())
		return data, "mem://data", err
	}
	settings := map[string]string{
		"auth_type": "accesskey", "access_key_id": os.Getenv("AWS_ACCESS_KEY_ID"), "secret_key": os.Getenv("AWS_SECRET_ACCESS_KEY"),
		"endpoint": o.s3, "region": "us-east-1", "disable_ssl": "true",
	}
	data, err := storage.NewDataStore(&storage.Config{
		Type: storage.TypeStow, Stow: storage.StowConfig{Kind: "s3", Config: settings}, InitContainer: o.bucket,
		Limits: storage.LimitsConfig{GetLimitMegabytes: 10},
	}, promutils.NewTestScope())
	return data, "s3://" + o.bucket + "/" + o.execution, err
}

func (e *engine) toItsEnd(ctx context.Context, o options) (int, error) {
	started := time.Now()
	aborted := o.abortAfter == 0
	for time.Since(started) < o.limit {
		if err := e.propeller.Handle(ctx, namespace, e.name); err != nil {
			tell(map[string]any{"event": "trouble", "message": err.Error()})
		}
		current, err := e.workflows.Get(ctx, namespace, e.name)
		if err != nil {
			return 2, err
		}
		if !aborted && time.Since(started) > o.abortAfter {
			aborted = true
			now := metav1.Now()
			current.DeletionTimestamp = &now
			if _, err := e.workflows.put(current); err != nil {
				return 2, err
			}
			continue
		}
		if current.GetExecutionStatus().IsTerminated() {
			return e.tellEnd(ctx, current, time.Since(started))
		}
		select {
		case <-e.wake:
		case <-time.After(200 * time.Millisecond):
		}
	}
	tell(map[string]any{"event": "end", "phase": "TimedOut", "seconds": time.Since(started).Seconds()})
	return 3, nil
}

func (e *engine) tellEnd(ctx context.Context, ended *v1alpha1.FlyteWorkflow, took time.Duration) (int, error) {
	line := map[string]any{
		"event": "end", "phase": ended.Status.Phase.String(), "message": ended.Status.Message,
		"error": errorOf(ended.Status.GetExecutionError()), "seconds": took.Seconds(),
	}
	if reference := ended.GetExecutionStatus().GetOutputReference(); reference != "" {
		outputs := &core.LiteralMap{}
		if err := e.data.ReadProtobuf(ctx, reference, outputs); err != nil {
			return 2, fmt.Errorf("outputs: %w", err)
		}
		bytes, err := protojson.Marshal(outputs)
		if err != nil {
			return 2, err
		}
		line["outputs"] = json.RawMessage(bytes)
	}
	tell(line)
	if ended.Status.Phase != v1alpha1.WorkflowPhaseSuccess {
		return 1, nil
	}
	return 0, nil
}
