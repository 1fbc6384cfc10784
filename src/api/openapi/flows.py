"""Rows of /flows and /activeflows (api.md section 6)."""

from typing import Final

from mixminus.api.flow_schemas import ActiveflowBody, FlowBody
from mixminus.api.openapi import flow_shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.errors import AlreadyExists
from mixminus.flow.errors import ActiveflowNotFound, FlowNotFound, InvalidActionType, TooManyFlows

__all__ = ["OPERATIONS"]

FLOW: Final = (Answer(flow_shapes.Flow, description="The flow as it is now."),)
ACTIVEFLOW: Final = (Answer(flow_shapes.Activeflow, description="The activeflow as it is now."),)

FLOWS: Final = (
    Operation(
        method="POST",
        path="/flows",
        tag="Flows",
        name="createFlow",
        summary="Write down what calls are to do",
        description="A fault in an action is told with the way to it, as in `actions[2].option.duration`. "
        "`${name}` in any text of an option is a variable, looked up when the action is done.",
        body=RequestBody(FlowBody),
        answers=FLOW,
        errors=(InvalidActionType, FlowNotFound, TooManyFlows),
    ),
    Operation(
        method="GET",
        path="/flows",
        tag="Flows",
        name="listFlows",
        summary="Show flows that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(flow_shapes.FlowPage, description="A page of flows."),),
    ),
    Operation(
        method="GET",
        path="/flows/{id}",
        tag="Flows",
        name="getFlow",
        summary="Show a flow, also after it is deleted",
        answers=FLOW,
        errors=(FlowNotFound,),
    ),
    Operation(
        method="PUT",
        path="/flows/{id}",
        tag="Flows",
        name="updateFlow",
        summary="Replace what can be changed of a flow",
        description="What is absent gets its default. Calls that are in it go on as it was.",
        body=RequestBody(FlowBody),
        answers=FLOW,
        errors=(FlowNotFound, InvalidActionType),
    ),
    Operation(
        method="DELETE",
        path="/flows/{id}",
        tag="Flows",
        name="deleteFlow",
        summary="Let nobody run a flow any more",
        description="Calls that are in it go on. Deleting again changes nothing.",
        answers=FLOW,
        errors=(FlowNotFound,),
    ),
    Operation(
        method="POST",
        path="/flows/{id}/direct-hash-regenerate",
        tag="Flows",
        name="regenerateFlowHash",
        summary="Give a flow another name to dial",
        description="The one that it had reaches nothing any more.",
        answers=FLOW,
        errors=(FlowNotFound,),
    ),
)
ACTIVEFLOWS: Final = (
    Operation(
        method="POST",
        path="/activeflows",
        tag="Flows",
        name="createActiveflow",
        summary="Run a flow without a call",
        description="Actions that need a call are passed over.",
        body=RequestBody(ActiveflowBody),
        answers=ACTIVEFLOW,
        errors=(InvalidActionType, FlowNotFound, AlreadyExists, TooManyFlows),
    ),
    Operation(
        method="GET",
        path="/activeflows",
        tag="Flows",
        name="listActiveflows",
        summary="Show activeflows that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(flow_shapes.ActiveflowPage, description="A page of activeflows."),),
    ),
    Operation(
        method="GET",
        path="/activeflows/{id}",
        tag="Flows",
        name="getActiveflow",
        summary="Show an activeflow, also after it is deleted",
        answers=ACTIVEFLOW,
        errors=(ActiveflowNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/activeflows/{id}",
        tag="Flows",
        name="deleteActiveflow",
        summary="Stop an activeflow, and forget it",
        answers=(Answer(status=204, description="Stopped and deleted."),),
        errors=(ActiveflowNotFound,),
    ),
    Operation(
        method="POST",
        path="/activeflows/{id}/stop",
        tag="Flows",
        name="stopActiveflow",
        summary="Stop an activeflow",
        description="Its call, if it is of one, is hung up. Stopping again changes nothing.",
        answers=ACTIVEFLOW,
        errors=(ActiveflowNotFound,),
    ),
)
OPERATIONS: Final = (*FLOWS, *ACTIVEFLOWS)
