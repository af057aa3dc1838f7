package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	protov2 "google.golang.org/protobuf/proto"

	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/admin"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler/common"
)

// compilePackage reads what `pyflyte package` has written, untarred, and compiles one of its workflows.
func compilePackage(directory, name string) (*core.CompiledWorkflowClosure, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*.pb"))
	if err != nil {
		return nil, err
	}
	var tasks []*core.CompiledTask
	var spec *admin.WorkflowSpec
	var known []string
	for _, file := range files {
		bytes, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		switch {
		case strings.HasSuffix(file, "_1.pb"):
			task := &admin.TaskSpec{}
			if err := protov2.Unmarshal(bytes, task); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			fill(task.GetTemplate().GetId())
			compiled, err := compiler.CompileTask(task.GetTemplate())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			tasks = append(tasks, compiled)
		case strings.HasSuffix(file, "_2.pb"):
			workflow := &admin.WorkflowSpec{}
			if err := protov2.Unmarshal(bytes, workflow); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			found := workflow.GetTemplate().GetId().GetName()
			known = append(known, found)
			if found == name {
				spec = workflow
			}
		}
	}
	if spec == nil {
		return nil, fmt.Errorf("no workflow %q in %s, which has %v", name, directory, known)
	}
	for _, workflow := range append(spec.GetSubWorkflows(), spec.GetTemplate()) {
		fill(workflow.GetId())
		fillNodes(workflow.GetNodes())
		if failure := workflow.GetFailureNode(); failure != nil {
			fillNodes([]*core.Node{failure})
		}
	}
	return compiler.CompileWorkflow(spec.GetTemplate(), spec.GetSubWorkflows(), tasks, []common.InterfaceProvider{})
}

// fill gives an identifier what registering would have given it.
func fill(id *core.Identifier) {
	if id.GetProject() == "" || strings.Contains(id.GetProject(), "{{") {
		id.Project, id.Domain, id.Version = project, domain, "v1"
	}
}

func fillNodes(nodes []*core.Node) {
	for _, node := range nodes {
		if reference := node.GetTaskNode().GetReferenceId(); reference != nil {
			fill(reference)
		}
		if reference := node.GetWorkflowNode().GetSubWorkflowRef(); reference != nil {
			fill(reference)
		}
		if array := node.GetArrayNode(); array != nil {
			fillNodes([]*core.Node{array.GetNode()})
		}
		if branch := node.GetBranchNode().GetIfElse(); branch != nil {
			fillNodes([]*core.Node{branch.GetCase().GetThenNode()})
			for _, other := range branch.GetOther() {
				fillNodes([]*core.Node{other.GetThenNode()})
			}
			if branch.GetElseNode() != nil {
				fillNodes([]*core.Node{branch.GetElseNode()})
			}
		}
	}
}
