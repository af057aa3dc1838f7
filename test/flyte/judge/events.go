package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/golang/protobuf/proto"

	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/event"
)

var printing sync.Mutex

// tell prints one line of JSON.
func tell(line map[string]any) {
	printing.Lock()
	defer printing.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// eventLines is what Propeller sends its events to: FlyteAdmin in life, standard output here.
type eventLines struct{}

func (eventLines) Close() error { return nil }

func (eventLines) Sink(_ context.Context, message proto.Message) error {
	switch e := message.(type) {
	case *event.WorkflowExecutionEvent:
		tell(map[string]any{"event": "workflow", "phase": e.GetPhase().String(), "error": errorOf(e.GetError())})
	case *event.NodeExecutionEvent:
		tell(map[string]any{"event": "node", "node": e.GetId().GetNodeId(), "phase": e.GetPhase().String(), "error": errorOf(e.GetError())})
	case *event.TaskExecutionEvent:
		logs := []map[string]string{}
		for _, l := range e.GetLogs() {
			logs = append(logs, map[string]string{"name": l.GetName(), "uri": l.GetUri()})
		}
		tell(map[string]any{
			"event": "task", "node": e.GetParentNodeExecutionId().GetNodeId(), "phase": e.GetPhase().String(),
			"attempt": e.GetRetryAttempt(), "type": e.GetTaskType(), "reason": e.GetReason(), "logs": logs,
			"customInfo": e.GetCustomInfo(), "error": errorOf(e.GetError()),
		})
	}
	return nil
}

func errorOf(e *core.ExecutionError) any {
	if e == nil {
		return nil
	}
	return map[string]string{"code": e.GetCode(), "message": e.GetMessage(), "kind": e.GetKind().String()}
}
