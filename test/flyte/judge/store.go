package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/flyteorg/flyte/flytepropeller/pkg/apis/flyteworkflow/v1alpha1"
	"github.com/flyteorg/flyte/flytepropeller/pkg/controller/workflowstore"
)

// memoryStore keeps workflows as JSON, as the API server would: this clears flags of what has changed in memory.
type memoryStore struct {
	workflowstore.FlyteWorkflow
	mutex     sync.Mutex
	workflows map[string][]byte
	version   int
}

func (s *memoryStore) put(workflow *v1alpha1.FlyteWorkflow) (*v1alpha1.FlyteWorkflow, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.version++
	workflow = workflow.DeepCopy()
	workflow.ResourceVersion = fmt.Sprint(s.version)
	bytes, err := json.Marshal(workflow)
	if err != nil {
		return nil, err
	}
	s.workflows[workflow.Namespace+"/"+workflow.Name] = bytes
	kept := &v1alpha1.FlyteWorkflow{}
	return kept, json.Unmarshal(bytes, kept)
}

func (s *memoryStore) Get(_ context.Context, namespace, name string) (*v1alpha1.FlyteWorkflow, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	bytes, ok := s.workflows[namespace+"/"+name]
	if !ok {
		return nil, workflowstore.ErrWorkflowNotFound
	}
	kept := &v1alpha1.FlyteWorkflow{}
	return kept, json.Unmarshal(bytes, kept)
}

func (s *memoryStore) Update(_ context.Context, workflow *v1alpha1.FlyteWorkflow) (*v1alpha1.FlyteWorkflow, error) {
	return s.put(workflow)
}
