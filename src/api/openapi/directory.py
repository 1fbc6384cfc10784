"""Rows of /numbers, /extensions and /trunks (api.md sections 13.3, 13.4)."""

from typing import Final

from mixminus.api.directory_schemas import (
    ExtensionBody,
    ExtensionProfileBody,
    NumberBody,
    NumberFlowsBody,
    NumberMetadataBody,
    NumberProfileBody,
    TrunkBody,
    TrunkProfileBody,
)
from mixminus.api.openapi import directory_shapes as shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.directory.errors import (
    ExtensionNotFound,
    ExtensionTaken,
    NumberNotFound,
    NumberTaken,
    PasswordNeeded,
    ResourceDeleted,
    TrunkNotFound,
    TrunkTaken,
)

__all__ = ["OPERATIONS"]

NUMBER: Final = (Answer(shapes.Number, description="The number as it is now."),)
EXTENSION: Final = (Answer(shapes.Extension, description="The extension as it is now, with its password."),)
TRUNK: Final = (Answer(shapes.Trunk, description="The trunk as it is now, with its password."),)

NUMBERS: Final = (
    Operation(
        method="GET",
        path="/numbers",
        tag="Numbers",
        name="listNumbers",
        summary="Show the numbers that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.NumberPage, description="A page of numbers."),),
    ),
    Operation(
        method="POST",
        path="/numbers",
        tag="Numbers",
        name="createNumber",
        summary="Provision a number",
        description="Any E.164 or short number, if nobody has it; phones may dial it whatever the host.",
        body=RequestBody(NumberBody),
        answers=NUMBER,
        errors=(NumberTaken,),
    ),
    Operation(
        method="GET",
        path="/numbers/{id}",
        tag="Numbers",
        name="getNumber",
        summary="Show a number, also a deleted one",
        answers=NUMBER,
        errors=(NumberNotFound,),
    ),
    Operation(
        method="PUT",
        path="/numbers/{id}",
        tag="Numbers",
        name="updateNumber",
        summary="Replace what may change of a number",
        body=RequestBody(NumberProfileBody),
        answers=NUMBER,
        errors=(NumberNotFound, ResourceDeleted),
    ),
    Operation(
        method="DELETE",
        path="/numbers/{id}",
        tag="Numbers",
        name="deleteNumber",
        summary="Let a number lead nowhere",
        answers=NUMBER,
        errors=(NumberNotFound,),
    ),
    Operation(
        method="PUT",
        path="/numbers/{id}/flow_ids",
        tag="Numbers",
        name="updateNumberFlows",
        summary="Set what runs when a number is dialled",
        body=RequestBody(NumberFlowsBody),
        answers=NUMBER,
        errors=(NumberNotFound, ResourceDeleted),
    ),
    Operation(
        method="PUT",
        path="/numbers/{id}/metadata",
        tag="Numbers",
        name="updateNumberMetadata",
        summary="Replace what is kept with a number",
        body=RequestBody(NumberMetadataBody),
        answers=NUMBER,
        errors=(NumberNotFound, ResourceDeleted),
    ),
)
EXTENSIONS: Final = (
    Operation(
        method="GET",
        path="/extensions",
        tag="Extensions",
        name="listExtensions",
        summary="Show the extensions that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.ExtensionPage, description="A page of extensions."),),
    ),
    Operation(
        method="POST",
        path="/extensions",
        tag="Extensions",
        name="createExtension",
        summary="Let phones log in by a name and a password",
        body=RequestBody(ExtensionBody),
        answers=EXTENSION,
        errors=(ExtensionTaken,),
    ),
    Operation(
        method="GET",
        path="/extensions/{id}",
        tag="Extensions",
        name="getExtension",
        summary="Show an extension, also a deleted one",
        answers=EXTENSION,
        errors=(ExtensionNotFound,),
    ),
    Operation(
        method="PUT",
        path="/extensions/{id}",
        tag="Extensions",
        name="updateExtension",
        summary="Replace what may change of an extension",
        description="Without a password it stays; with another its phones must log in anew.",
        body=RequestBody(ExtensionProfileBody),
        answers=EXTENSION,
        errors=(ExtensionNotFound, ResourceDeleted),
    ),
    Operation(
        method="DELETE",
        path="/extensions/{id}",
        tag="Extensions",
        name="deleteExtension",
        summary="Let no phone log in any more",
        answers=EXTENSION,
        errors=(ExtensionNotFound,),
    ),
    Operation(
        method="POST",
        path="/extensions/{id}/direct-hash-regenerate",
        tag="Extensions",
        name="regenerateExtensionDirectHash",
        summary="Give an extension another direct hash",
        answers=EXTENSION,
        errors=(ExtensionNotFound, ResourceDeleted),
    ),
)
TRUNKS: Final = (
    Operation(
        method="GET",
        path="/trunks",
        tag="Trunks",
        name="listTrunks",
        summary="Show the trunks that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.TrunkPage, description="A page of trunks."),),
    ),
    Operation(
        method="POST",
        path="/trunks",
        tag="Trunks",
        name="createTrunk",
        summary="Let another exchange call in, and calls go out through it",
        body=RequestBody(TrunkBody),
        answers=TRUNK,
        errors=(TrunkTaken, PasswordNeeded),
    ),
    Operation(
        method="GET",
        path="/trunks/{id}",
        tag="Trunks",
        name="getTrunk",
        summary="Show a trunk, also a deleted one",
        answers=TRUNK,
        errors=(TrunkNotFound,),
    ),
    Operation(
        method="PUT",
        path="/trunks/{id}",
        tag="Trunks",
        name="updateTrunk",
        summary="Replace everything of a trunk but its domain name",
        body=RequestBody(TrunkProfileBody),
        answers=TRUNK,
        errors=(TrunkNotFound, ResourceDeleted, PasswordNeeded),
    ),
    Operation(
        method="DELETE",
        path="/trunks/{id}",
        tag="Trunks",
        name="deleteTrunk",
        summary="Let no call through a trunk any more",
        answers=TRUNK,
        errors=(TrunkNotFound,),
    ),
)
OPERATIONS: Final = (*NUMBERS, *EXTENSIONS, *TRUNKS)
